"""All that a plugin author imports, as one list.

    from seealso_sdk import Article, Context, OutputMeta, Rendition, hookimpl

docs/plugins.md teaches it in ten minutes; `seealso_sdk.testing` is the conformance kit.
"""

from seealso_sdk.errors import ModelError, Reject, Retry, SeealsoError
from seealso_sdk.hookspecs import hookimpl
from seealso_sdk.model import (
    KINDS,
    Article,
    Channel,
    Correction,
    Entry,
    Filing,
    Lead,
    Link,
    Media,
    Person,
    Piece,
    Problem,
    Promo,
    Publisher,
    RawArticle,
    RawInput,
    Rendition,
    Rights,
    SeeAlso,
    Series,
    Tombstone,
    article_guid,
)
from seealso_sdk.plugin import (
    Assembler,
    Context,
    Option,
    Output,
    OutputMeta,
    Source,
    SourceContext,
    SourceMeta,
)

__all__ = [
    "KINDS",
    "Article",
    "Assembler",
    "Channel",
    "Context",
    "Correction",
    "Entry",
    "Filing",
    "Lead",
    "Link",
    "Media",
    "ModelError",
    "Option",
    "Output",
    "OutputMeta",
    "Person",
    "Piece",
    "Problem",
    "Promo",
    "Publisher",
    "RawArticle",
    "RawInput",
    "Reject",
    "Rendition",
    "Retry",
    "Rights",
    "SeeAlso",
    "SeealsoError",
    "Series",
    "Source",
    "SourceContext",
    "SourceMeta",
    "Tombstone",
    "article_guid",
    "hookimpl",
]
