"""The live feed: every revision of every alert as server-sent events, resumed without gap or repeat.

A reader follows pw.alerts (`follower`) into a bounded ring (`ring`); what a client missed is merged from the ring and,
further back, from the topic (`catch_up`); then it takes part in the rounds of writing (`broadcast`).
"""
