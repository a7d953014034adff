"""Where the hubs of feeds call: no key, since the address itself is a secret and bodies are signed.

GET  /websub/<callback>  is it meant? 200 with the challenge; 404: it is not, or another topic
POST /websub/<callback>  a delivery: 202, whether it was taken or discarded; 410: it is not wanted
"""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from seealso_core.openapi import describe
from seealso_core.web import Problem

from seealso_ingest.websub import MAX_DELIVERY, Delivery, NoSuchCallback, WebSub

TAG = "websub"


class WebSubRoutes:
    """The views of /websub."""

    def __init__(self, websub: WebSub) -> None:
        self._websub = websub

    def register(self, routes: Blueprint) -> None:
        """Add the routes. HEAD is no question of a hub."""
        for method, view in (("GET", self.verify), ("POST", self.deliver)):
            routes.add_url_rule("/websub/<callback>", view.__name__, view, methods=[method])

    @describe(
        "A hub asks whether a subscription is meant (WebSub section 5.3).",
        tag=TAG,
        media="text/plain",
        query={
            "hub.mode": "subscribe, unsubscribe or denied.",
            "hub.topic": "The feed.",
            "hub.challenge": "What is answered.",
            "hub.lease_seconds": "For how long.",
            "hub.reason": "Of denied: why.",
        },
        responses={200: "It is meant: the challenge.", 404: "Nobody here asked for that."},
    )
    def verify(self, callback: str) -> Response:
        """Plain text and nosniff: the challenge is a stranger's and must be no page."""
        try:
            challenge = self._websub.verify(callback, request.args)
        except NoSuchCallback as error:
            raise Problem(404, "callback-unknown", "Nobody here asked for that.") from error
        return Response(challenge, content_type="text/plain; charset=utf-8")

    @describe(
        "A hub delivers what has changed (WebSub section 5.4).",
        tag=TAG,
        body=("application/rss+xml", "application/atom+xml", "application/feed+json"),
        responses={202: "It came; whether it was taken is not told.", 410: "It is not wanted."},
    )
    def deliver(self, callback: str) -> Response:
        """Always 202: who can't sign learns nothing, and the hub need not try again, since the
        source is looked at anyway."""
        try:
            if not self._websub.expects(callback):  # before a stranger's body is read
                raise NoSuchCallback("nobody here asked for that")
            data = b""
            if (request.content_length or 0) <= MAX_DELIVERY:
                data = request.stream.read(MAX_DELIVERY + 1)
            if not data or len(data) > MAX_DELIVERY:
                self._websub.cut(callback)
            else:
                self._websub.deliver(callback, _delivery(data), g.correlation_id)
        except NoSuchCallback as error:
            detail = "Nobody here wants this (any more)."
            raise Problem(410, "callback-gone", detail) from error
        return Response(status=202)


def _delivery(data: bytes) -> Delivery:
    return Delivery(
        data=data,
        media_type=request.mimetype.lower(),
        charset=request.mimetype_params.get("charset"),
        signature=request.headers.get("X-Hub-Signature", ""),
    )
