"""The addresses of the office's pages."""

from django.urls import path

from . import views

app_name = "office"
urlpatterns = [
    path("", views.teams, name="teams"),
    path("teams/found/", views.found, name="found"),
    path("teams/<uuid:team>/join/", views.join, name="join"),
    path("teams/<uuid:team>/leave/", views.leave, name="leave"),
    path("care/", views.care, name="care"),
    path("staff/", views.staff, name="staff"),
    path("audit/", views.audit_log, name="audit"),
    path("rules/", views.rules, name="rules"),
    path("loop/", views.loop, name="loop"),
    path("alerts/<str:way>/rest/", views.rest, name="rest"),
    path("alerts/<str:way>/wake/", views.wake, name="wake"),
    path("urgent/<uuid:access>/review/", views.review, name="review"),
]
