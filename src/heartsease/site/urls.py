"""Every address of the site."""

from django.urls import include, path

from heartsease.api.ingest.views import api
from heartsease.web import entrance, stream

handler400 = "heartsease.web.errors.bad_request"
handler403 = "heartsease.web.errors.forbidden"
handler404 = "heartsease.web.errors.not_found"
handler500 = "heartsease.web.errors.server_error"

urlpatterns = [
    path("start/", entrance.start, name="start"),
    path("help/", entrance.help_now, name="help"),
    path("look/", entrance.look, name="look"),
    path("sw.js", entrance.service_worker, name="service_worker"),
    path("demo/sign-in/<uuid:person>/", entrance.demo_sign_in, name="demo_sign_in"),
    path("events", stream.stream, name="events"),
    path("account/", include("allauth.urls")),
    path("clinic/", include("heartsease.web.clinic.urls")),
    path("office/", include("heartsease.web.office.urls")),
    path("api/ingest/", api.urls),
    path("", include("heartsease.web.patient.urls")),
]
