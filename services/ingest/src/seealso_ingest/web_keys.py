"""The operator's API of keys. All of it needs a key.

GET    /api/keys        all of them, without the keys themselves
POST   /api/keys        {"label": "..."} ──> 201, with the key: it is shown this once
DELETE /api/keys/<id>   shut one out; not the one that asks
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response
from seealso_core import parameters
from seealso_core.openapi import describe
from seealso_core.web import Guard, Problem, bearer_key, json_answer
from seealso_sdk.text import clean
from seealso_store import keys
from seealso_store.clock import iso
from seealso_store.keys import ApiKey

from seealso_ingest.errors import KeyInUse, KeyUnknown
from seealso_ingest.keyring import Keyring

TAG = "keys"
LABEL_MAX = 100  # characters
_NEW = {
    "type": "object",
    "required": ["label"],
    "properties": {"label": {"type": "string", "description": "Whose it is, or what for."}},
}


class KeysApi:
    """The views of /api/keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def register(self, routes: Blueprint, guard: Guard) -> None:
        """Add the routes, each behind the key."""
        for rule, method, view in (
            ("/api/keys", "GET", self.list_keys),
            ("/api/keys", "POST", self.make_key),
            ("/api/keys/<key_id>", "DELETE", self.revoke_key),
        ):
            routes.add_url_rule(rule, view.__name__, guard.required(view), methods=[method])

    @describe("The API's keys, without the keys themselves.", tag=TAG)
    def list_keys(self) -> Response:
        return json_answer({"keys": [_shown(one) for one in self._keyring.everyone()]})

    @describe(
        "Make a key. It is in this answer, and nowhere ever again.",
        tag=TAG,
        body={"application/json": _NEW},
        responses={201: "The key.", 400: "It has no label, or too long a one."},
    )
    def make_key(self) -> Response:
        made = self._keyring.make(_label())
        document = {**_shown(made.key), "key": made.secret}
        return json_answer(document, 201, {"Cache-Control": "no-store"})

    @describe(
        "Shut a key out. Twice is once; the key that asks can't shut itself out.",
        tag=TAG,
        responses={404: "There is no such key.", 409: "It is the key that asks."},
    )
    def revoke_key(self, key_id: str) -> Response:
        try:
            return json_answer(_shown(self._keyring.revoke(key_id, bearer_key())))
        except KeyUnknown as error:
            raise Problem(404, "key-unknown", str(error)) from error
        except KeyInUse as error:
            raise Problem(409, "key-in-use", str(error)) from error


def _label() -> str:
    given = parameters.json_object().get("label")
    label = " ".join(clean(given).split()) if isinstance(given, str) else ""
    if not label:
        raise Problem(
            400, "label-missing", 'label: say whose it is: {"label": "..."}.', field="label"
        )
    if len(label) > LABEL_MAX:
        raise Problem(
            400, "label-long", f"label: give at most {LABEL_MAX} characters.", field="label"
        )
    return label


def _shown(one: ApiKey) -> dict[str, Any]:
    return {
        "id": one.id,
        "label": one.label,
        "created": iso(one.created),
        "revoked": None if one.revoked is None else iso(one.revoked),
        "asking": one.id == keys.id_of(bearer_key()),
    }
