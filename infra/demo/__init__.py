"""The whole system on one machine: a clip goes in, alerts come out, and what happened is told and checked."""
