#!/usr/bin/env python3
"""What other programs read in files, as those who get them would.

    oracle.py FOLDER [--thorough]

FOLDER/clear.jsonl lists the files (`{"case", "file"}`); written is one line
for each file and reader that shows words: `{"case", "file", "reader",
"text"}`, with tabs between cells. The readers are Python's own library,
pdftotext, catdoc; with --thorough LibreOffice, openpyxl, python-docx, 7-Zip,
libarchive's bsdtar, olefile, GnuPG, OpenSSL and ExifTool, too. Readers that are
missing are passed over.
"""
import contextlib, csv, email, email.policy, gzip, html.parser, io, json, os, re, shutil
import subprocess, sys, tarfile, tempfile, zipfile
import xml.etree.ElementTree as ET

FOLDER = sys.argv[1]
THOROUGH = "--thorough" in sys.argv
MOST = 1 << 22
SHEETS = {"xlsx", "xlsm", "xlsb", "xls", "ods", "fods", "xltx", "xlt", "ots", "uos"}
SLIDES = {"pptx", "pptm", "potx", "ppt", "odp", "otp", "fodp", "pps", "ppsx", "uop", "odg", "otg", "fodg", "svg"}
OFFICE = SHEETS | SLIDES | {"docx", "docm", "doc", "odt", "rtf", "html", "xhtml", "fodt", "pub", "dotx", "xml", "dot",
                            "ott", "uot"}
ARCHIVES = {"zip", "tar", "tgz", "gz", "bz2", "xz", "zst", "7z", "rar", "Z", "arj", "cab", "cpio", "exe", "iso", "lz",
            "lz4", "lzh", "lzma", "lzo", "xar", "001"}
PICTURES = {"jpg", "png", "gif", "tif", "webp"}


def run(*command, seconds=20, folder=None):
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, cwd=folder)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def decoded(raw):
    """As editors and spreadsheets tell an encoding."""
    for mark, name in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
                       (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    head = raw[:2000]
    if len(head) > 20 and head[1::2].count(0) > len(head) // 3:
        return raw.decode("utf-16-le", "replace")
    if len(head) > 20 and head[::2].count(0) > len(head) // 3:
        return raw.decode("utf-16-be", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.out, self.skip = [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "style"):
            self.skip += 1
        elif tag in ("td", "th"):
            self.out.append("\t")
        elif tag in ("tr", "p", "br", "div", "li", "h1", "h2"):
            self.out.append("\n")

    def handle_endtag(self, tag):
        if tag in ("script", "style") and self.skip:
            self.skip -= 1

    def handle_data(self, data):
        if not self.skip:
            self.out.append(" ".join(data.split()) if data.strip() else "")


def page(raw):
    reader = Page()
    reader.feed(decoded(raw))
    return "".join(reader.out).replace("\n\t", "\n")


def mail(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    for part in message.walk():
        if part.is_multipart():
            continue
        body = part.get_payload(decode=True) or b""
        name = part.get_filename() or ""
        ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
        if part.get_content_maintype() == "text" and not ending:
            ending = "html" if part.get_content_subtype() == "html" else "txt"
        yield from texts(ending, body)


def flat(cells):
    return " ".join(str(cells).split())


def office_xml(raw):
    """Every part that is XML, with the rows and cells of its tables."""
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        parts = {}
        for name in file.namelist():
            if name.endswith(".xml"):
                try:
                    parts[name] = ET.fromstring(file.read(name))
                except Exception:
                    continue
    local = lambda e: e.tag.rsplit("}", 1)[-1] if isinstance(e.tag, str) else ""
    strings = []
    for name, root in parts.items():
        if local(root) == "sst":
            strings = ["".join(t.text or "" for t in si.iter() if local(t) == "t") for si in root]
    out = []

    def cell(e):
        if local(e) == "c" and e.get("t") == "s":
            value = next((v.text for v in e if local(v) == "v"), None)
            return strings[int(value)] if value and value.isdigit() and int(value) < len(strings) else ""
        return flat(" ".join(e.itertext()))

    for name, root in parts.items():
        if local(root) == "sst":
            continue
        rows = [e for e in root.iter() if local(e) in ("tr", "row", "table-row")]
        for row in rows:
            cells = [cell(e) for e in row if local(e) in ("tc", "c", "table-cell")]
            out.append("\t".join(cells))
        out.append("")
        for p in root.iter():
            if local(p) == "p":
                out.append(flat("".join(p.itertext())))
    return "\n".join(out)


def members(raw):
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        for info in file.infolist()[:200]:
            try:
                yield info.filename, file.read(info)
            except Exception:
                continue


def tar_members(raw):
    with tarfile.open(fileobj=io.BytesIO(raw)) as file:
        for info in file:
            if info.isfile():
                yield info.name, file.extractfile(info).read()


def seven_zip(raw):
    return unpacked(raw, shutil.which("7zz") or "7z", "x", "-y", "-p")


def bsdtar(raw):
    return unpacked(raw, "bsdtar", "-x", "--passphrase", "x", "-f")


def unpacked(raw, *command):
    """What a program unpacks, with whatever warnings."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = os.path.join(folder, "file"), os.path.join(folder, "out")
        open(path, "wb").write(raw)
        os.mkdir(out)
        run(*command, path, folder=out)
        for where, _, files in os.walk(out):
            for name in files[:200]:
                whole = os.path.join(where, name)
                if os.path.isfile(whole) and os.path.getsize(whole) < MOST:
                    yield name, open(whole, "rb").read()


def by_file(ending, raw, *command):
    with tempfile.NamedTemporaryFile(suffix="." + ending) as file:
        file.write(raw)
        file.flush()
        out = run(*command, file.name, *(["-"] if command[0] == "pdftotext" else []))
    return decoded(out) if out else None


def openpyxl_(raw):
    import openpyxl
    book = openpyxl.load_workbook(io.BytesIO(raw), data_only=True)
    return "\n\n".join("\n".join("\t".join("" if v is None else flat(v) for v in row)
                                 for row in sheet.iter_rows(values_only=True))
                       for sheet in book.worksheets)


def docx_(raw):
    import docx
    document = docx.Document(io.BytesIO(raw))
    tables = ("\n".join("\t".join(flat(c.text) for c in row.cells) for row in t.rows) for t in document.tables)
    return "\n\n".join([*tables, "\n".join(p.text for p in document.paragraphs)])


def mupdf(raw):
    import pymupdf
    pymupdf.TOOLS.mupdf_display_errors(False)
    with pymupdf.open(stream=raw, filetype="pdf") as document:
        return "\n".join(page.get_text() for page in document)


def pdfium(raw):
    import pypdfium2
    with contextlib.closing(pypdfium2.PdfDocument(raw)) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def outlook(raw):
    """The strings of a message, and what is attached to it."""
    import olefile
    file = olefile.OleFileIO(io.BytesIO(raw))
    words, names = [], {}
    for path in file.listdir():
        kind = path[-1][-8:].upper()
        if not path[-1].startswith("__substg1.0_"):
            continue
        content = attempt(lambda: file.openstream(path).read()) or b""
        if kind.endswith("001F"):
            words.append(content.decode("utf-16-le", "replace"))
        elif kind.endswith("001E"):
            words.append(content.decode("cp1252", "replace"))
        if kind in ("3707001F", "3707001E"):
            names[tuple(path[:-1])] = words[-1].rstrip("\0")
        elif kind == "10130102":
            yield "html", content
    for folder, name in names.items():
        content = attempt(lambda: file.openstream([*folder, "__substg1.0_37010102"]).read())
        yield name.rsplit(".", 1)[-1].lower(), content or b""
    yield "txt", "\n".join(words).encode("utf-8-sig")


def signed(raw):
    """What OpenSSL shows of S/MIME without a key, and of certificates."""
    for form in ("DER", "PEM", "SMIME"):
        for command in (["cms", "-verify", "-noverify"], ["cms", "-uncompress"], ["x509", "-text", "-noout"]):
            if command[0] == "cms" or form != "SMIME":
                yield by_file("bin", raw, "openssl", *command, "-inform", form, "-in")


def opened(raw):
    """What GnuPG shows without a key."""
    with tempfile.TemporaryDirectory() as home:
        return by_file("gpg", raw, "gpg", "--batch", "--no-tty", "--homedir", home, "--decrypt")


def attempt(reader, *arguments):
    try:
        return reader(*arguments)
    except Exception:
        return None


def texts(ending, raw, depth=0):
    """(reader, text) of whatever opens it."""
    if depth > 4 or len(raw) > MOST:
        return
    give = []
    if ending in ("csv", "tsv", "txt", "ics", "vcf", "xml", "md", "json"):
        give.append(("editor", decoded(raw)))
        if ending == "csv":
            text = decoded(raw)
            for mark in ",;|":
                rows = attempt(lambda: list(csv.reader(io.StringIO(text), delimiter=mark)))
                if rows:
                    give.append(("csv", "\n".join("\t".join(map(flat, row)) for row in rows)))
    elif ending in ("html", "htm", "mht", "xhtml", "svg"):
        give.append(("browser", attempt(page, raw)))
    elif ending == "pdf":
        text = by_file("pdf", raw, "pdftotext", "-layout")
        give.append(("pdftotext", text and re.sub(r" {2,}", "\t", text)))
        if THOROUGH:
            give += [("MuPDF", attempt(mupdf, raw)), ("PDFium", attempt(pdfium, raw))]
    elif ending in ("doc", "dot"):
        give.append(("catdoc", by_file("doc", raw, "catdoc", "-dutf-8", "-w")))
    elif ending in ("xls", "xlt"):
        text = by_file("xls", raw, "xls2csv", "-dutf-8", "-c\t", "-q0")
        give.append(("xls2csv", text))
    if raw.startswith(b"PK") or ending in OFFICE and b"PK\x03\x04" in raw[:4096]:
        give.append(("zipfile", attempt(office_xml, raw)))
    if THOROUGH and ending in ("xlsx", "xlsm", "xltx"):
        give.append(("openpyxl", attempt(openpyxl_, raw)))
    if THOROUGH and ending in ("docx", "docm", "dotx"):
        give.append(("python-docx", attempt(docx_, raw)))
    if THOROUGH and ending in ("ppt", "pps"):
        give.append(("catppt", by_file("ppt", raw, "catppt", "-dutf-8")))
    if THOROUGH and ending in PICTURES:
        give.append(("ExifTool", by_file(ending, raw, "exiftool", "-a", "-u", "-S", "--System:all")))
    if THOROUGH and ending in ("asc", "gpg", "sig"):
        give.append(("GnuPG", attempt(opened, raw)))
    if THOROUGH and ending in ("p7m", "p7s", "der", "pem"):
        give += [("OpenSSL", text) for text in attempt(lambda: list(signed(raw))) or []]
    yield from ((reader, text) for reader, text in give if text and text.strip())
    unpackers = []
    if ending in ("eml", "mbox", "mht", "p7m"):
        for read in attempt(lambda: list(mail(raw))) or []:
            yield read
    if THOROUGH and ending in ("msg", "oft"):
        for inner, content in attempt(lambda: list(outlook(raw))) or []:
            yield from texts(inner, content, depth + 1)
    if ending in ARCHIVES:
        unpackers = [members, tar_members] + ([seven_zip, bsdtar] if THOROUGH else [])
        if ending in ("gz", "tgz"):
            whole = attempt(gzip_leniently, raw)
            if whole:
                yield from texts("csv", whole, depth + 1)
                yield from texts("tar", whole, depth + 1)
    for unpack in unpackers:
        for name, content in attempt(lambda: list(unpack(raw))) or []:
            inner = name.rsplit(".", 1)[-1].lower() if "." in name else "txt"
            yield from texts(inner, content, depth + 1)


def gzip_leniently(raw):
    import zlib
    return zlib.decompressobj(31).decompress(raw, MOST)


def libreoffice(files):
    """Converts many at once; those on which it dies are passed over."""
    if not shutil.which("soffice"):
        return
    kinds = {"sheet": ('csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1', SHEETS),
             "slides": ("pdf", SLIDES), "text": ("txt:Text (encoded):UTF8", OFFICE - SHEETS - SLIDES)}
    for form, endings in kinds.values():
        chosen = [line for line in files if line["file"].rsplit(".", 1)[-1] in endings]
        for start in range(0, len(chosen), 25):
            yield from converted(chosen[start:start + 25], form)


def converted(lines, form):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(FOLDER, line["file"]) for line in lines]
        done = run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form,
                   "--outdir", folder + "/out", *paths, seconds=30 + 3 * len(lines))
        if done is None and len(lines) > 1:
            for line in lines:
                yield from converted([line], form)
            return
        for line in lines:
            stem = line["file"].rsplit(".", 1)[0]
            found = [f for f in (os.listdir(folder + "/out") if os.path.isdir(folder + "/out") else [])
                     if f.startswith(stem + ".") or f.startswith(stem + "-")]
            for name in found:
                path = os.path.join(folder, "out", name)
                text = (decoded(run("pdftotext", "-layout", path, "-") or b"") if name.endswith("pdf")
                        else open(path, encoding="utf-8", errors="replace").read())
                yield line, text


def main():
    def say(line, reader, text):
        print(json.dumps({**line, "reader": reader, "text": text[:MOST]}))

    with open(os.path.join(FOLDER, "clear.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file if line.strip()]
    for line in lines:
        raw = open(os.path.join(FOLDER, line["file"]), "rb").read()
        for reader, text in texts(line["file"].rsplit(".", 1)[-1].lower(), raw):
            say(line, reader, text)
    if THOROUGH:
        for line, text in libreoffice(lines):
            if text.strip():
                say(line, "LibreOffice", text)


main()
