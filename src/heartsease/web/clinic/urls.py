"""The addresses of the clinic's pages."""

from django.urls import path

from . import decisions, views

app_name = "clinic"
urlpatterns = [
    path("", views.caseload, name="caseload"),
    path("people/<uuid:person>/", views.person, name="person"),
    path("people/<uuid:person>/moved/", views.moved, name="moved"),
    path("people/<uuid:person>/week/", views.week_on_paper, name="week"),
    path("people/<uuid:person>/peek/", views.peek, name="peek"),
    path("people/<uuid:person>/timeline.json", views.timeline, name="timeline"),
    path("people/<uuid:person>/reviewed/", views.reviewed, name="reviewed"),
    path("people/<uuid:person>/ask/", views.ask, name="ask"),
    path("people/<uuid:person>/plan/", decisions.plan, name="plan"),
    path("alerts/<uuid:alert>/", decisions.alert, name="alert"),
    path("alerts/<uuid:alert>/take/", decisions.take, name="take"),
    path("alerts/<uuid:alert>/close/", decisions.close, name="close"),
    path("alerts/<uuid:alert>/hand-over/", decisions.hand_over, name="hand_over"),
    path("proposals/<uuid:proposal>/", decisions.proposal, name="proposal"),
    path("proposals/<uuid:proposal>/own-choice/", decisions.own_choice, name="own_choice"),
    path("proposals/<uuid:proposal>/decide/", decisions.decide, name="decide"),
    path("urgent/", views.urgent, name="urgent"),
]
