"""Who issued a plate: the jurisdictions that can be told, in the order of the networks' outputs."""

from __future__ import annotations

US_STATES = (
    "AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA",
    "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
)  # fmt: skip
COUNTRIES = (
    "AR", "AT", "BE", "BG", "BR", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT", "LT",
    "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "UA", "VN",
)  # fmt: skip

NO_PLATE = ""
"""The class of what carries no plate at all."""

US = "US"

NATIONS: tuple[str, ...] = (NO_PLATE, US, *COUNTRIES)
"""What the reader's network tells apart, by ISO 3166 code. Their order is that of the shipped weights' outputs: whoever
adds one trains anew."""

STATES: tuple[str, ...] = tuple(f"US-{state}" for state in US_STATES)
"""What the network for US plates tells apart, by ISO 3166 code; in the order of its outputs."""


def nation_of(code: str) -> str:
    """The nation of a jurisdiction: `US` for `US-CA`, itself for a country."""
    return US if code.startswith("US-") else code
