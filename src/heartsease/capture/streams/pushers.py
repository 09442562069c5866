"""Apps that push by themselves: how each is told where to send, with its key as a code to scan.

An app sends the key as `Authorization: Bearer ...` where it can set a header, as the password of a
login, or in the address (`?key=...`). What it sends is recognised by its content, whatever the
source was called.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import qrcode
from qrcode.image.svg import SvgPathImage

ADDRESS = "/api/ingest/samples"


@dataclass(frozen=True)
class Pusher:
    """One app: what it is called, and what a person does in it."""

    kind: str
    name: str
    steps: tuple[str, ...]
    link: str = ""
    path: str = ADDRESS

    def address(self, place: str, token: str) -> str:
        """The address that carries its key, for apps that know addresses only."""
        return f"{place}{self.path}?{urlencode({'key': token})}"

    def scanned(self, place: str, token: str) -> str:
        """What the code says: a link that sets the app up, or the address with its key."""
        address = self.address(place, token)
        setup = b64encode(json.dumps(_owntracks(place + self.path, token)).encode()).decode()
        return self.link.format(url=quote(address, safe=""), setup=setup) or address


PUSHERS = {
    one.kind: one
    for one in (
        Pusher(
            "health_auto_export",
            "Health Auto Export (iPhone, Apple Watch)",
            (
                "Install Health Auto Export on your iPhone.",
                "Scan the code with the camera, or open the link on the iPhone. It makes the "
                "automation.",
                "In the app, choose Health Metrics and JSON, and what you want to send.",
            ),
            link="com.HealthExport://automation?name=Heartsease&url={url}",
        ),
        Pusher(
            "sensor_logger",
            "Sensor Logger (iPhone, Android)",
            (
                "In Sensor Logger, tap the gear on the Logger page and switch on HTTP Push.",
                "Put in the address with its key. You can scan it and copy it over.",
                "Choose heart rate, pedometer and battery. If Places is switched on under Privacy, "
                "choose location too. What else the app sends is left out.",
                "Start a recording. The app sends only while a recording runs.",
            ),
        ),
        Pusher(
            "owntracks",
            "OwnTracks (iPhone, Android): places",
            (
                "Install OwnTracks, then scan the code with the camera, or open the link on the "
                "phone. It sets up the app.",
                "In the app, choose significant changes. It saves battery.",
                "Switch on Places under Privacy first, or nothing is kept.",
            ),
            link="owntracks:///config?inline={setup}",
            path="/api/ingest/owntracks",
        ),
        Pusher(
            "open_wearables",
            "Open Wearables (a hub that somebody runs for you)",
            (
                "Give the address with its key to whoever runs your hub.",
                "They make a webhook for you alone: sleep, steps and heart.",
            ),
        ),
        Pusher(
            "push",
            "Another app or a script",
            (
                "Send CSV or JSON to the address, with the key as a bearer token.",
                "A line holds time, end, stream, value and stage, as described under Where my data "
                "come from, A table of your own.",
            ),
        ),
    )
}


def _owntracks(address: str, token: str) -> dict[str, object]:
    """How OwnTracks is set up to send here: HTTP with a login (booklet, "Remote configuration")."""
    return {
        "_type": "configuration",
        "mode": 3,
        "url": address,
        "auth": True,
        "username": "heartsease",
        "password": token,
        "monitoring": 1,
    }


def code(text: str) -> str:
    """A text as a QR code, drawn as SVG in the colour of the words around it.

    Raises:
        qrcode.exceptions.DataOverflowError: beyond what a code can hold, 2,331 bytes.
    """
    drawn = qrcode.make(text, image_factory=SvgPathImage, border=2)
    svg: str = drawn.to_string(encoding="unicode")
    return svg[svg.index("<svg") :]
