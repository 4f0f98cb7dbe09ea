"""The API key, kept from showing itself."""

from __future__ import annotations

from typing import NoReturn

from importer.errors import SettingsError


class Secret:
    """An API key that doesn't show itself: masked in ``repr`` and ``str``, never pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise SettingsError(f"The API key must be a text, not a value of type {type(text).__name__}.")
        stripped = text.strip()
        if not stripped:
            raise SettingsError("The API key is empty. Set AS_API_KEY to the key itself.")
        if not all("!" <= char <= "~" for char in stripped):
            raise SettingsError(
                "The API key contains a space, a control character or a non-ASCII character, so it can't be sent. "
                "Copy it again, without anything around it."
            )
        self._text = stripped

    def reveal(self) -> str:
        """Return the key itself, for the one header that carries it."""
        return self._text

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        """Tell whether both hide the same text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Return the hash of the hidden text."""
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled, which would write the key out."""
        raise TypeError("a Secret can't be pickled")
