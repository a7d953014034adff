"""Links that carry a right: signed, opaque, without an address in clear.

A token binds what it may do (its salt) to whom it is for. It can't be guessed or moved to another
reader, and it needs no row of its own: the same reader gets the same link on every try.
"""

from __future__ import annotations

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from seealso_dispatch.errors import BadToken

_CONFIRM = "seealso.confirm"
_UNSUBSCRIBE = "seealso.unsubscribe"
_PREFERENCES = "seealso.preferences"
_TOKEN_MAX = 512  # characters: longer ones are not ours


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens.

    `secrets` are the hub's signing secrets, newest last: the newest signs, all of them verify, so
    that links in sent mail outlive a change of the secret.
    """

    secrets: tuple[bytes, ...]

    def confirm(self, consent_id: str) -> str:
        """For the link in a confirmation mail."""
        return self._sign(_CONFIRM, [consent_id])

    def unsubscribe(self, subscriber_id: str, slug: str) -> str:
        """For the link that leaves one newsletter (RFC 8058)."""
        return self._sign(_UNSUBSCRIBE, [subscriber_id, slug])

    def preferences(self, subscriber_id: str) -> str:
        """For the page on which a reader sees all their newsletters."""
        return self._sign(_PREFERENCES, [subscriber_id])

    def read_confirm(self, token: str) -> str:
        """The consent's id. Raises BadToken."""
        return self._read(_CONFIRM, token, 1)[0]

    def read_unsubscribe(self, token: str) -> tuple[str, str]:
        """The subscriber's id and the topic's slug. Raises BadToken."""
        subscriber_id, slug = self._read(_UNSUBSCRIBE, token, 2)
        return subscriber_id, slug

    def read_preferences(self, token: str) -> str:
        """The subscriber's id. Raises BadToken."""
        return self._read(_PREFERENCES, token, 1)[0]

    def _serializer(self, salt: str) -> URLSafeSerializer:
        return URLSafeSerializer(list(self.secrets), salt=salt)

    def _sign(self, salt: str, parts: list[str]) -> str:
        return self._serializer(salt).dumps(parts)

    def _read(self, salt: str, token: str, count: int) -> list[str]:
        if len(token) > _TOKEN_MAX:
            raise BadToken("this link is not one of ours")
        try:
            parts = self._serializer(salt).loads(token)
        except BadSignature as error:
            raise BadToken("this link was not made by this hub, or was cut off") from error
        if not isinstance(parts, list) or len(parts) != count:
            raise BadToken("this link is of another kind")
        return [str(part) for part in parts]
