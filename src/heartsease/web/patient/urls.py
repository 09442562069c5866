"""The addresses of a patient's pages."""

from django.urls import path

from .views import (
    contact,
    data,
    plan,
    privacy,
    questionnaires,
    sources,
    today,
    voice,
    week,
    welcome,
)

app_name = "patient"
urlpatterns = [
    path("", today.today, name="today"),
    path("mood/", today.mood, name="mood"),
    path("undo/<uuid:checkin>/", today.undo, name="undo"),
    path("check-in/", today.checkin, name="checkin"),
    path("voice/", voice.diary, name="voice"),
    path("welcome/", welcome.welcome, name="welcome"),
    path("questionnaires/<uuid:assignment>/", questionnaires.questionnaire, name="questionnaire"),
    path("results/<uuid:response>/", questionnaires.result, name="result"),
    path("my-data/", data.data, name="data"),
    path("my-data/week/", week.my_week, name="my_week"),
    path("my-data/week/pdf/", week.my_week_on_paper, name="my_week_on_paper"),
    path("my-data/week/mail/", week.mail, name="weekly_mail"),
    path("my-data/changes/<uuid:signal>/idea/", data.idea, name="idea"),
    path("my-data/delete/", data.delete, name="delete_data"),
    path("my-data/sources/", sources.sources, name="sources"),
    path("my-data/sources/connect/", sources.connect, name="connect"),
    path("my-data/sources/key/", sources.key, name="key"),
    path("my-data/sources/<uuid:source>/<str:change>/", sources.change, name="change_source"),
    path("my-data/uploads/", sources.upload, name="upload"),
    path("my-data/uploads/list/", sources.uploads, name="uploads"),
    path("my-data/uploads/<uuid:upload>/take-back/", sources.take_back, name="take_back"),
    path("plan/", plan.plan, name="plan"),
    path("plan/steps/<uuid:activity>/", plan.log, name="log"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/contact/", contact.contact, name="contact"),
    path("privacy/switch/", privacy.switch, name="switch"),
    path("privacy/export/", privacy.export, name="export"),
    path("privacy/erase/", privacy.erase, name="erase"),
]
