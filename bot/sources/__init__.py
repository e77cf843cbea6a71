"""Live sources: where papers come from by themselves.

    wanted         what the settings ask for
    fetching       HTTP with manners: validators, limits, deadlines, no redirects to other hosts
    source         the protocol, and what a source gives
    hugging_face  arxiv_feed  arxiv_oai  feed      one small adapter each
    polling        asks those that are due, ingests what they give, writes down how far it came
    doubts         quiet or broken: is this all that there should be?
    push           POST /dumps

What arrives is a `RawDump` and goes through the same readers and the same ingest as a file.
"""
