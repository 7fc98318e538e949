"""Who issued a plate: the jurisdictions that the reader can tell, in the order of its network's outputs."""

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

JURISDICTIONS: tuple[str, ...] = (NO_PLATE, *(f"US-{state}" for state in US_STATES), *COUNTRIES)
"""ISO 3166 codes: `US-CA` for a state, `DE` for a country. Their order is that of the shipped weights' outputs: whoever
adds one trains anew."""
