"""Answers of live sources, in the shapes that their documentation and public copies show.

daily_papers   https://huggingface.co/docs/hub/en/api#get-apidailypapers; `numComments`, `thumbnail`
               and `organization` stand outside, `upvotes` and `ai_keywords` within `paper`
arxiv_rss      https://info.arxiv.org/help/rss_specifications.html, channel and item elements
arxiv_atom     the same feed at rss.arxiv.org/atom
oai            https://info.arxiv.org/help/oa/ (arXivRaw) in the frame of
               https://www.openarchives.org/OAI/openarchivesprotocol.html#ListRecords
journal_rss    RSS 2.0 with Dublin Core and PRISM, as publishers have it
snapshot       https://www.kaggle.com/datasets/Cornell-University/arxiv, a line a paper
"""

import json
from collections.abc import Sequence
from html import escape

from fakes.pages import abstract


def number(arxiv_id: str) -> str:
    return arxiv_id.partition("v")[0]


def daily_papers(papers: Sequence[tuple[str, str]], day: str = "2025-10-27") -> bytes:
    """papers: `(arXiv id, title)`."""
    return json.dumps(
        [
            {
                "paper": {
                    "id": arxiv_id,
                    "authors": [
                        {"_id": "1", "name": "Ada One", "hidden": False},
                        {"_id": "2", "name": "Grace Two", "hidden": False},
                        {"_id": "3", "name": "Not Shown", "hidden": True},
                    ],
                    "publishedAt": f"{day}T10:00:00.000Z",
                    "submittedOnDailyAt": f"{day}T00:00:00.000Z",
                    "title": title,
                    "summary": abstract(title),
                    "upvotes": 31,
                    "discussionId": "68feedbeef",
                    "ai_summary": "A summary by a machine.",
                    "ai_keywords": ["rings", "chains"],
                    "organization": {"name": "ring-lab", "fullname": "The Ring Lab"},
                },
                "publishedAt": f"{day}T06:00:00.000Z",
                "title": title,
                "summary": abstract(title),
                "thumbnail": f"https://cdn-thumbnails.huggingface.co/papers/{arxiv_id}.png",
                "numComments": 4,
                "submittedBy": {"name": "somebody"},
                "isAuthorParticipating": False,
            }
            for arxiv_id, title in papers
        ]
    ).encode()


def arxiv_rss(
    papers: Sequence[tuple[str, str, str]],
    published: str = "Mon, 27 Oct 2025 00:00:00 -0400",
    category: str = "cs.CL",
) -> bytes:
    """papers: `(arXiv id with version, title, announce type)`."""
    items = "".join(
        f"""<item><title>{escape(title)}</title>
<link>https://arxiv.org/abs/{number(arxiv_id)}</link>
<description>arXiv:{arxiv_id} Announce Type: {kind} \nAbstract: {escape(abstract(title))}\
</description>
<guid isPermaLink="false">oai:arXiv.org:{arxiv_id}</guid>
<category>{category}</category><category>cs.LG</category>
<pubDate>{published}</pubDate>
<arxiv:announce_type>{kind}</arxiv:announce_type>
<dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
<dc:creator>Ada One, Grace Two</dc:creator></item>"""
        for arxiv_id, title, kind in papers
    )
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
version="2.0"><channel><title>{category} updates on arXiv.org</title>
<link>http://rss.arxiv.org/rss/{category}</link>
<description>{category} updates on the arXiv.org e-print archive.</description>
<atom:link href="http://rss.arxiv.org/rss/{category}" rel="self" type="application/rss+xml"/>
<docs>http://www.rssboard.org/rss-specification</docs><language>en-us</language>
<lastBuildDate>{published}</lastBuildDate>
<managingEditor>rss-help@arxiv.org</managingEditor><pubDate>{published}</pubDate>
<skipDays><day>Saturday</day><day>Sunday</day></skipDays>{items}</channel></rss>""".encode()


def arxiv_atom(papers: Sequence[tuple[str, str, str]], updated: str = "2025-10-27") -> bytes:
    items = "".join(
        f"""<entry><id>oai:arXiv.org:{arxiv_id}</id><title>{escape(title)}</title>
<updated>{updated}T04:00:00+00:00</updated>
<link href="https://arxiv.org/abs/{number(arxiv_id)}" rel="alternate" type="text/html"/>
<summary>arXiv:{arxiv_id} Announce Type: {kind} \nAbstract: {escape(abstract(title))}</summary>
<category term="cs.CL"/><published>{updated}T00:00:00-04:00</published>
<arxiv:announce_type>{kind}</arxiv:announce_type>
<dc:creator>Ada One, Grace Two</dc:creator></entry>"""
        for arxiv_id, title, kind in papers
    )
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us"><id>http://rss.arxiv.org/atom/cs.CL</id>
<title>cs.CL updates on arXiv.org</title><updated>{updated}T04:00:05+00:00</updated>
{items}</feed>""".encode()


def oai(
    records: Sequence[tuple[str, str, Sequence[str], str]],
    *,
    datestamp: str = "2025-10-27",
    token: str = "",
    of: int | None = None,
    asked: str = "cs",
) -> bytes:
    """records: `(arXiv id, title, the dates of its versions, categories)`."""
    found = "".join(
        f"""<record><header><identifier>oai:arXiv.org:{arxiv_id}</identifier>
<datestamp>{datestamp}</datestamp><setSpec>cs:cs:CL</setSpec></header><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{arxiv_id}</id><submitter>Ada One</submitter>
{
            "".join(
                f'<version version="v{n}"><date>{date}</date><size>99kb</size></version>'
                for n, date in enumerate(dates, 1)
            )
        }<title>{
            escape(title)
        }</title><authors>Ada One (Home, Away), Grace Two and Alan Three</authors>
<categories>{categories}</categories><comments>9 pages</comments>
<license>http://creativecommons.org/licenses/by/4.0/</license>
<abstract>  {escape(abstract(title))}\n</abstract></arXivRaw></metadata></record>"""
        for arxiv_id, title, dates, categories in records
    )
    size = "" if of is None else f' completeListSize="{of}"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-10-28T00:00:00Z\
</responseDate><request verb="ListRecords" metadataPrefix="arXivRaw" set="{asked}">\
https://oaipmh.arxiv.org/oai</request><ListRecords>{found}\
<resumptionToken{size}>{token}</resumptionToken></ListRecords></OAI-PMH>""".encode()


def oai_error(code: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-10-28T00:00:00Z\
</responseDate><request>https://oaipmh.arxiv.org/oai</request>\
<error code="{code}">said in words</error></OAI-PMH>""".encode()


def journal_rss(titles: Sequence[str], published: str = "Mon, 27 Oct 2025 09:00:00 GMT") -> bytes:
    items = "".join(
        f"""<item><title><![CDATA[{title}]]></title><link>https://journal.example/a/{n}</link>
<description><![CDATA[<p>{abstract(title)}</p>]]></description>
<dc:creator>Ada One</dc:creator><dc:creator>Grace Two</dc:creator>
<dc:identifier>doi:10.1000/J.{n}</dc:identifier><prism:doi>10.1000/J.{n}</prism:doi>
<category>Biology</category><pubDate>{published}</pubDate></item>"""
        for n, title in enumerate(titles, 1)
    )
    return f"""<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><channel><title>A Journal</title>
<link>https://journal.example</link><description>Papers</description>{items}</channel></rss>""".encode()


def snapshot(count: int, start: int = 1) -> bytes:
    """Lines of arXiv's metadata snapshot."""
    return b"".join(snapshot_line(n) for n in range(start, start + count))


def snapshot_line(n: int) -> bytes:
    title = f"Invented Paper\n  Number {n}"
    line = {
        "id": f"{1000 + n // 90000:04}.{n % 90000:05}",
        "submitter": "Ada One",
        "authors": "Ada One and Grace Two",
        "title": title,
        "comments": "9 pages",
        "journal-ref": None,
        "doi": f"10.1000/s.{n}",
        "report-no": None,
        "categories": "cs.CL cs.LG",
        "license": None,
        "abstract": f"  {abstract(title)}\n",
        "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
        "update_date": "2008-11-26",
        "authors_parsed": [["One", "Ada", ""], ["Two", "Grace", ""]],
    }
    return json.dumps(line).encode() + b"\n"
