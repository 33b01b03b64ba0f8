"""Elements of XML, put together and written."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from avsep.text import make_plain


def add(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """Add an element with a text, or with none; a name's last underscore is left out."""
    held = {name.rstrip("_"): make_plain(str(value)) for name, value in attributes.items()}
    element = SubElement(parent, tag, held)
    if text is not None:
        element.text = make_plain(str(text))
    return element


def write_document(root: Element, kind: str, path: Path) -> Path:
    """Write a document of a kind."""
    indent(root)
    body = tostring(root, encoding="unicode")
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {kind}>\n'
    path.write_text(f"{head}{body}\n", encoding="utf-8", newline="\n")
    return path
