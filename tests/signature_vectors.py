"""Signatures of Standard Webhooks to check ours by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vector:
    """What is signed, and its signature."""

    name: str
    secret: str
    id: str
    timestamp: int
    body: str
    signature: str


# The first is the one that the reference libraries publish. The others were computed by the rule of the specification
# with `hmac` alone: HMAC-SHA256 over "{id}.{timestamp}.{body}".
VECTORS = (
    Vector(
        "published",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    Vector(
        "empty-body",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "alert-1_1",
        1764072000,
        "",
        "v1,7GPj8KYQRcIFgTC64+BKJIunBMLM+27pZGeIB5b20T0=",
    ),
    Vector(
        "shortest-secret",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
        "alert-1_1",
        1764072000,
        '{"plate":"ABC123"}',
        "v1,pPtfaouAToLw9wxFRrXJDvifaRVMiE/GsvxqAhQHpiY=",
    ),
    Vector(
        "longest-secret",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
        "alert-1_2",
        1764072000,
        '{"plate":"ABC123"}',
        "v1,t0cRY8l1v7fKq/P+Qd/+UwlI9fmLcoqX0HXxUMsjcQo=",
    ),
    Vector(
        "other-scripts",
        "whsec_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=",
        "alert-1_3",
        1764072000,
        '{"reason":"Überfall, ŻÓŁW 🚓"}',
        "v1,cwmI4NKTcdbARzlqcS8kM+9t1ZM+/jYtTEbiBNKYm78=",
    ),
    Vector(
        "line-breaks",
        "whsec_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=",
        "alert-1_4",
        1764072001,
        '{\r\n  "plate": "ABC123"\n}\n',
        "v1,cPcFf3at5YbatWtBvLK3FjXevVJmk54mKed4SBRFYcI=",
    ),
    Vector(
        "secret-with-plus-and-slash",
        "whsec_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=",
        "alert-1_5",
        0,
        "<alert/>",
        "v1,OCjM0ryvm4XAIignZCGqn0wz0tM6aiirCNjVGYv6amA=",
    ),
)
