# SPDX-License-Identifier: MIT
"""The seeds that are plain text: documents of state, answers, site.xml, web.config, small texts."""

P256 = ("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Z32, Y32, Z16 = "00" * 32, "0f" * 32, "ab" * 16
TIME, LATER = "2026-09-21T14:13:20Z", "2027-01-01T00:00:00Z"
# What any document of ours must refuse.
ANY = [('<?xml version="1.0" encoding="UTF-8"?>\n', ""), ("\n", "\r\n"), (":1\"", ":2\""), ("urn:", "urm:"),
       ("\n", "\n<!-- -->"), ("\n", "\n<!DOCTYPE x>"), (">\n", ">x\n"), ('"\n', '" \n'), ("=", "==")]


def hosting(variants):
    text = (HEAD + "<!-- IIS -->\n<configuration>\n<configSections><section name='sites'/></configSections>\n"
            "<system.applicationHost><sites>\n<site name=\"Email Notification Service\" id=\"1\">\n"
            "<application path=\"/\"><virtualDirectory path=\"/\" physicalPath=\"%SystemDrive%\\R&amp;D &#8364;\" />\n"
            "</application><application path='/M'><virtualDirectory physicalPath='D:\\\u010d'/></application>\n"
            "</site></sites></system.applicationHost></configuration>\n")
    variants("hosting", "full", text, [
        ("<!-- IIS -->", "<!DOCTYPE a>"), ("<!-- IIS -->", "<![CDATA[x]]><?pi?>"), ("<!-- IIS -->", "<!-- IIS"),
        ("&amp;", "&quot;&apos;&lt;&gt;"), ("&amp;", "&nbsp;"), ("&amp;", "&averylongreference;"), ("&#8364;", "&#10;"),
        ("&#8364;", "&#99999999;"), ("&#8364;", "&#\u010d;"), ("<sites>", "<sites/>"), ("</site>", "</site"),
        ("physicalPath=\"", "physicalPath=\"" + "x" * 4100), ('physicalPath="', 'physicalPath="\t'), (' name="', ' nome="'),
        ("UTF-8", "UTF-16"), ("UTF-8", "windows-1252"), ("<site ", "<x:site "), ("path=", "path"), ("%SystemDrive%", "")])
    variants("hosting", "utf16", ("\ufeff" + text.replace("UTF-8", "UTF-16").replace("/M", "/\U0001f600")).encode("utf-16-le"), [])


def services(variants):
    text = (HEAD + '<services xmlns="urn:pinferry:services:1">\n  <service name="Tracker" seconds="60"/>\n'
            '  <service name="ADChecker" seconds="3600"/>\n</services>\n')
    variants("services", "two", text, [change for change in ANY if change[0] in text] + [
        ('"60"', '"0"'), ('"3600"', '"3601"'), ('name="T', 'nome="T'), (' seconds="60"', ""), ("Tracker", "ADChecker"),
        ("<service ", "<servile "), ('name="Tracker"', 'name=""'), ('seconds="60"', 'seconds="60" x="y"'),
        ("  <service", '  <service name="a" seconds="1"/>' * 257 + "<service")])
    variants("services", "none", HEAD + '<services xmlns="urn:pinferry:services:1"/>\n', [])


def state(variants):
    text = (HEAD + '<state xmlns="urn:pinferry:state:1" site="site-1" trust-version="2" trust="%s" floor="%s" '
            'least-epoch="3" least="4" nonce="%s" runs="2" unchecked="2" chain="%s" receipts="1" receipt="%s">\n'
            '  <last epoch="3" sequence="5" manifest="%s" head="%s"/>\n'
            '  <hold epoch="3" sequence="5" manifest="%s"/>\n</state>\n') % (
                Z32, TIME, Z16, Z16, Z32, Z32, Z32, Y32)
    variants("state", "full", text, [change for change in ANY if change[0] in text] + [
        ("site-1", "Site"), ('version="2"', 'version="0"'), ('trust="00', 'trust="0'), (TIME, "now"),
        ('least="4"', 'least="0"'), ('least-epoch="3"', 'least-epoch="x"'), ('nonce="', 'nonce="x'),
        ('runs="2"', 'runs="-2"'), ('unchecked="2"', 'unchecked="0"'), ('chain="', 'chain="00'),
        ('receipts="1"', 'receipts="0"'), ('receipt="0', 'receipt="'), ('<last epoch="3"', '<last epoch="0"'),
        ('head="', 'hand="'), ('<hold epoch="3"', '<hold epoch=""'), ("<hold", "<held"), ("</state>\n", "</state>"),
        ('site="site-1" ', ""), ("sequence=\"5\"", "sequence=\"05\""), ("manifest=\"0f", "manifest=\"0F")])
    variants("state", "waived", text.replace(' least-epoch', ' waived="%s" least-epoch' % Z32),
             [('waived="0', 'waived="x')])
    variants("state", "waiting", text.replace(' runs=', ' waits="true" runs='), [('waits="true"', 'waits="false"')])
    variants("state", "pending", text.replace("</state>", '  <pending epoch="3" sequence="6" manifest="%s" head="%s"/>\n</state>'
                                              % (Z32, Y32)),
             [('<pending epoch="3"', '<pending epoch="0"'), ("<pending", "<panding"), ('sequence="6"', 'sequence="x"')])
    variants("state", "new", HEAD + '<state xmlns="urn:pinferry:state:1" site="site-1" trust-version="1" '
             'trust="%s" nonce="%s" runs="0" chain="%s" receipts="0"/>\n' % (Z32, Z16, Z16), [])


def run(variants, pin):
    target = ('  <target index="1" path="/srv/a" section="a/pinnedCertificates" staged="/srv/s" changes="true" '
              'old="%s" new="%s" before="%s" after="%s" count="2">\n    <added key="%s"/>\n'
              '    <added key="%s"/>\n    <removed key="%s" retired="true"/>\n    <removed key="00"/>\n'
              '    <undo offset="5" remove="2" bytes="0a20"/>\n    <undo offset="9" remove="0" bytes="61"/>\n'
              '    <undo offset="20" remove="3"/>\n  </target>\n') % (Z32, Y32, Z32, Y32, P256, pin, P256)
    still = ('  <target index="2" path="/srv/b" changes="false" old="%s" new="%s" before="%s" after="%s" '
             'count="0"/>\n') % (Z32, Z32, Z32, Z32)
    root = ('<run xmlns="urn:pinferry:run:1" number="7" kind="%s" started="' + TIME + '" operator="anna" '
            'note="CHG &amp; 1"%s epoch="3" sequence="5" manifest="' + Z32 + '" trust-version="2"%s receipt="4" '
            'minimum="8" max-bytes="256000">\n')
    text = HEAD + root % ("apply", "", ' head="%s" floor="%s"' % (Y32, TIME)) + target + still + "</run>\n"
    changes = [change for change in ANY if change[0] in text] + [
        ('number="7"', 'number="0"'), ('"apply"', '"rollback"'), ('"apply"', '"copy"'), (TIME, "then"),
        ("anna", ""), ("CHG", " CHG"), ('epoch="3"', 'epoch="0"'), ('sequence="5"', 'sequence="x"'),
        ('version="2"', 'version="1000000"'), ('head="0f', 'head="0x'), ('floor="', 'floor="x'),
        ('receipt="4"', ""), ('minimum="8"', 'minimum="9999"'), ('max-bytes="256000"', 'max-bytes="99999999"'),
        ("<target", "<tarjet"), ('index="1"', 'index="2"'), ('index="1"', 'index="0"'), (' path="/srv/a"', ""),
        ('"a/pinned', '"/pinned'), ('staged="/srv/s" ', ""), ('"true"', '"yes"'), ('old="', 'old="z'),
        ('new="', 'nev="'), ('before="', 'before="0'), ('after="', 'after="F'), ('count="2"', 'count="70000"'),
        ('<added key="04', '<added key="0'), ('<added key="04', '<added key="'), ("<added key=", "<added kee="),
        ('<added key="', '<added key="' + "00" * 1040), ("<added", "<undo"), ('retired="true"', 'retired="no"'),
        ('"0a20"', '"0a2"'), ('offset="5"', 'offset="-5"'), ('remove="2"', 'remove="99999999999"'),
        ('offset="9"', 'offset="5"'), ("    <removed", "    <gone"), ('offset="20"', 'offset="254"')]
    variants("run", "apply", text, changes)
    variants("run", "rollback", HEAD + root % ("rollback", ' undoes="6"', "") + still + "</run>\n",
             [('undoes="6"', 'undoes="0"'), (' undoes="6"', "")])
    variants("run", "none", HEAD + (root % ("apply", "", ' head="%s" floor="%s"' % (Y32, TIME)))[:-2] + "/>\n", [])


def ledger(variants, pins):
    import hashlib
    sha = lambda key: hashlib.sha256(bytes.fromhex(key)).hexdigest()
    sight = '    <sighting kind="%s" first="' + TIME + '" last="' + LATER + '" sha256="%s"%s/>\n'
    seen = ('  <pin sha256="%s" state="%s" first="' + TIME + '" last="' + LATER + '" %skey="%s">\n%s  </pin>\n')
    cert = 'valid-from="1999-01-01T00:00:00Z" valid-to="2030-01-01T00:00:00Z" subject="CN=x" '
    approved = 'approved="%s" by="%s" ' % (TIME, "policy")
    entries = {
        sha(P256): seen % (sha(P256), "approved", cert + approved + 'note="ok" ', P256,
                           sight % ("discovery", Z32, ' evidence="true"') + sight % ("tls", Y32, "")),
        sha(pins[0]): seen % (sha(pins[0]), "seen", "", pins[0], sight % ("answer", Z32, "")),
        sha(pins[1]): seen % (sha(pins[1]), "excluded", "", pins[1], sight % ("hex", Z32, "")),
        Y32: '  <pin sha256="%s" state="retired" retired="%s" reason="lost"/>\n' % (Y32, TIME)}
    text = HEAD + '<ledger xmlns="urn:pinferry:ledger:1">\n' + "".join(entries[k] for k in sorted(entries)) + \
        "</ledger>\n"
    key = 'key="' + P256
    variants("ledger", "full", text, [change for change in ANY if change[0] in text] + [
        ("<pin ", "<pen "), ('state="approved"', 'state="liked"'), ('state="retired"', 'state="seen"'),
        ('state="approved"', 'state="retired"'), ('"policy"', '"manual"'), ('"policy"', '"magic"'),
        (' by="policy"', ""), ('note="ok"', 'note=" ok"'), ('reason="lost"', 'reason=""'), ("CN=x", "CN=\u202ex"),
        ('subject="CN=x"', 'subject="%s"' % ("x" * 300)), ("1999-", "1949-"), ("2030-01", "2030-13"),
        ("2030-", "1990-"), (key, 'key="05' + P256[2:]), (key, 'key="00'), (" " + key, ' kee="' + P256),
        ('kind="discovery"', 'kind="rumour"'), ('evidence="true"', 'evidence="yes"'), ("<sighting", "<signing"),
        ("      <", " <") if "      <" in text else ("    <", " <"), ('first="2026', 'first="2028'),
        ('sha256="' + Y32 + '" state', 'sha256="%s" state' % Z32), ('retired="2026', 'retired="'),
        ('last="2027', 'last="2026'), ('state="seen"', 'state="retired"'), ('state="excluded"', 'state="approved"'),
        ("  <pin sha256=\"%s\"" % Y32, "  <pin sha256=\"ff%s\"" % Y32[2:]), (entries[Y32], entries[Y32] * 2)])
    sightings = "".join(sight % ("hex", "%064x" % i, "") for i in range(33))
    variants("ledger", "many", HEAD + '<ledger xmlns="urn:pinferry:ledger:1">\n' +
             seen % (sha(P256), "seen", "", P256, sightings) + "</ledger>\n", [])
    variants("ledger", "empty", HEAD + '<ledger xmlns="urn:pinferry:ledger:1"/>\n', [])


def site(variants):
    text = ('<?xml version="1.0" encoding="UTF-8"?>\n<site xmlns="urn:pinferry:site:1" minimum="8" unlisted="keep" '
            'max-kib="300">\n  <target path="/srv/web.config" section="configuration/pinnedCertificates" '
            'staging="/var/s"/>\n  <target path="/srv/b" staging="/var/s"/>\n  <check program="/bin/true" '
            'seconds="9">\n    <argument value="-f"/>\n  </check>\n</site>\n')
    variants("site", "full", text, [change for change in ANY if change[0] in text] + [
        ('minimum="8"', 'minimum="0"'), ('"keep"', '"refuse"'), ('"keep"', '"drop"'), ('"300"', '"16385"'),
        ("minimum", "minimun"), ('path="/srv/b"', 'path="b"'), ('path="/srv/b"', 'path="/srv/web.config"'),
        ('"configuration/', '"/'), ('"/var/s"', '"s"'), (' staging="/var/s"', ""), ('path="/srv/b"', 'phat="x"'),
        ('"/bin/true"', '"true"'), ('seconds="9"', 'seconds="3601"'), ('seconds="9"', 'secs="9"'),
        ('value="-f"', 'val="-f"'), ("<argument", "<option"), ('<argument value="-f"/>', '<argument value=""/>'),
        ('    <argument value="-f"/>\n', '    <argument value="-f"/>\n' * 17), ("<check", "<cheque"),
        ("</site>", '<check program="/x"/></site>'), (' program="/bin/true"', ""),
        ('staging="/var/s"/>', 'staging="/var/s"><x/></target>'), ('"/srv/b"', '"/srv/&lt;b&#10;"')])
    blackout = '<blackout from="2026-12-20" until="2027-01-03"/>'
    sat = '<window days="sat" from="22:00" minutes="1"/>'
    windows = (HEAD + '<site xmlns="urn:pinferry:site:1">\n  <target path="/a" staging="/s"/>\n  <windows '
               'zone="CET-1CEST,M3.5.0,M10.5.0/3">\n    <window days="mon tue sun" from="22:00" minutes="240"/>\n    '
               '<window date="2026-12-24" from="02:05" minutes="10080"/>\n    ' + blackout + '\n  </windows>\n</site>\n')
    zone = 'CET-1CEST,M3.5.0,M10.5.0/3'
    variants("site", "windows", windows, [
        (zone, new) for new in (
            "UTC", "&lt;-04&gt;+4&lt;-03&gt;3:00:00,M9.1.6/24,M12.5.6/-24", "AAA1BBB,J60/0,300", "AAA1BBB,J366,300",
            "AAA1BBB,J60/168,300", "Europe/Prague", "CE", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.9,M1.1.1",
            "CET-1:60", "&lt;CET-1", "UTC0 ")] + [
        ("mon tue sun", "sat sat"), ("mon tue sun", "sat,sun"), ("22:00", "24:00"), ("22:00", "2x:00"),
        ("22:00", "10:00x"), ("22:00", "10:6"), ("22:00", "10:60"), (' days="mon tue sun"', ""),
        (' days="', ' date="2026-01-01" days="'), ("2026-12-24", "2026-02-30"), ("2026-12-24", "2026"),
        ("2026-12-20", "2027-01-04"), ("2026-12-20", "x"), ("2027-01-03", "x"), ("240", "0"), (' from="22:00"', ""),
        ("zone", "tz"), ("days", "day"), (' until="', ' to="'), ('240"/>', '240"><x/></window>'), ("<blackout", "<dark"),
        (blackout, sat * 33), (blackout, blackout * 33), ("</windows>", "</windows><windows/>")])
    variants("site", "window-none", windows[:windows.index("    <window ")] + "  </windows>\n</site>\n", [])
    variants("site", "none", '<site xmlns="urn:pinferry:site:1"/>', [])


def registry(add, pins):
    good = '{"cns.awmdm.com":["%s","%s","%s"],"other":[]}' % (P256, pins[0], P256)
    for name, text in {
            "good": good, "upper": good.replace("cns", "CNS"), "html": " <html>", "empty": "{}", "list": "[]",
            "none": '{"cns.awmdm.com":[]}', "host": '{"other":["x"]}', "number": '{"cns.awmdm.com":[1]}',
            "object": '{"cns.awmdm.com":{}}', "deep": '{"cns.awmdm.com":[["x"]]}', "deeper": "[[[[[",
            "string": '"x', "escape": '{"a\\"[[[":[],"cns.awmdm.com":["zz"]}', "twice": good[:-1] + ',"CNS.awmdm.com":[]}',
            "repeated": '{"cns.awmdm.com":[],"cns.awmdm.com":[]}', "key": '{"cns.awmdm.com":["00"]}',
            "many": '{"cns.awmdm.com":[%s]}' % ",".join(['"0"'] * 401), "behind": good + "x",
            "space": "\r\n\t " + good}.items():
        add("registry", name, text)


def texts(add):
    for name, text in {
            "id": "a1.b-c", "device": "com1.x", "device-3": "nul", "not-device": "com", "hyphen": "a-.b", "dots": "a..b",
            "end": "a-", "id-long": "a" * 64, "number": "9007199254740991", "number-over": "9007199254740992",
            "zero": "0", "lead": "007", "number-long": "99999999999999999999", "sign": "-1", "time": TIME,
            "leap": "2024-02-29T23:59:59Z", "no-leap": "2023-02-29T00:00:00Z", "second-60": "2026-06-30T23:59:60Z",
            "month": "2026-13-01T00:00:00Z", "early": "1950-01-01T00:00:00Z", "century": "2100-02-29T00:00:00Z",
            "free": "two words", "double": "two  words", "trailing": "x ", "bidi": "a\u202eb", "wide": "\U0001f511\u00e9",
            "nonchar": "\ufdd0", "nonchar-high": "\U0001fffe", "max": "\U0010ffff", "html": "<a href=\"x\">&'</a>",
            "hex": "00ffAB", "hex-64": "0a" * 32, "base64": "aGVsbG8=", "base64-bits": "aGVsbG9=", "base64-cut": "aGV",
            "long": "x" * 600, "tab": "a\tb\n", "soft": "\u061c\u200b\u2060\ufeff"}.items():
        add("text", name, text)
    for name, raw in {"overlong": b"\xc0\x80", "overlong-3": b"\xe0\x80\x80", "surrogate": b"\xed\xa0\x80",
                      "cut-2": b"\xc3", "cut-3": b"\xe2\x82", "cut-4": b"\xf0\x9f\x94", "over": b"\xf4\x90\x80\x80",
                      "f5": b"\xf5\x80\x80\x80", "lone": b"\x80", "bad-2": b"\xc3\x28", "bad-3": b"\xe2\x82\x28",
                      "nul": b"a\0b"}.items():
        add("text", name, raw)


def webconfig(add, pins):
    item = '<pinnedCertificate publicKeyString="%s" />'
    doc = ('<?xml version="1.0"?>\n<configuration>\n  <appSettings><add key="p" value="x"/></appSettings>\n'
           '  <pinnedCertificates>\n    %s\n    %s\n  </pinnedCertificates>\n</configuration>\n')
    two = doc % (item % P256, item % pins[0])
    section = lambda inner: "<configuration>%s</configuration>" % inner
    inside = lambda inner: section("<pinnedCertificates>%s</pinnedCertificates>" % inner)
    files = {
        "two": two, "crlf": two.replace("\n", "\r\n"), "cr": two.replace("\n", "\r"), "mixed": two.replace("\n", "\r\n", 3),
        "one-line": inside(item % P256 + item % pins[0]), "self-closed": section("<pinnedCertificates/>"),
        "self-closed-lines": section("\n\t<pinnedCertificates />\n"), "empty": inside(""), "blank": inside("\n  "),
        "upper": inside("\n    " + item % P256.upper() + "\n  "), "single": inside("<pinnedCertificate publicKeyString='%s'></pinnedCertificate>" % P256),
        "comment": inside("\n <!-- a --> " + item % P256 + " <!-- b -->\n <?p x?>\n"), "twice": inside(item % P256 + "\n" + item % P256),
        "space": inside(item % (P256[:9] + " \n" + P256[9:])), "reference": inside(item % ("&#48;" + P256[1:])),
        "hex-reference": inside(item % ("&#x30;" + P256[1:])), "named": inside(item % "&amp;&lt;&gt;&quot;&apos;"),
        "clear": inside("<clear/>" + item % P256), "clear-behind": inside(item % P256 + "<clear/>"),
        "remove": inside("<remove x='1'/>"), "stranger": inside("<policy/>"), "stranger-beside": inside(item % P256 + "<policy><a/></policy>"),
        "attribute": inside('<pinnedCertificate host="a" publicKeyString="%s"/>' % P256), "no-value": inside("<pinnedCertificate/>"),
        "child": inside('<pinnedCertificate publicKeyString="%s"><x/></pinnedCertificate>' % P256),
        "child-comment": inside('<pinnedCertificate publicKeyString="%s"><!----></pinnedCertificate>' % P256),
        "text-in-item": inside('<pinnedCertificate publicKeyString="%s">x</pinnedCertificate>' % P256),
        "text": inside("x"), "cdata": inside("<![CDATA[x]]>"), "text-reference": inside("&#65;"), "not-hex": inside(item % "zz"),
        "weak": inside(item % "0102"), "odd-hex": inside(item % "012"), "long-hex": inside(item % ("00" * 1041)),
        "prefix-item": inside('<p:pinnedCertificate xmlns:p="u" publicKeyString="00"/>'), "ns-item": inside('<pinnedCertificate xmlns="u"/>'),
        "none": section("<a/>"), "two-sections": section("<pinnedCertificates/><a><pinnedCertificates/></a>"),
        "root": "<pinnedCertificates>" + item % P256 + "</pinnedCertificates>", "other-root": "<x><pinnedCertificates/></x>",
        "net-ns": '<configuration xmlns="http://schemas.microsoft.com/.NetConfiguration/v2.0"><pinnedCertificates/></configuration>',
        "foreign-ns": section('<pinnedCertificates xmlns="u"/>'), "root-ns": '<configuration xmlns="u"><pinnedCertificates/></configuration>',
        "prefix": section('<p:pinnedCertificates xmlns:p="u"/>'), "source": section('<pinnedCertificates configSource="a"/>'),
        "source-above": section('<a configSource="b"><pinnedCertificates/></a>'), "protected": section('<pinnedCertificates configProtectionProvider="a"/>'),
        "encrypted": inside("<EncryptedData/>"), "location": section('<location path="a"><pinnedCertificates/></location>'),
        "sections": section('<configSections><section name="pinnedCertificates"/><pinnedCertificates/></configSections><pinnedCertificates/>'),
        "in-comment": section("<!-- <pinnedCertificates/> --><![CDATA[<pinnedCertificates/>]]>t<?p <pinnedCertificates/>?>"),
        "cdata-before": section("<![CDATA[ > ]]><!-- > --><pinnedCertificates>" + item % P256 + "</pinnedCertificates>"),
        "doctype": '<!DOCTYPE configuration [<!ENTITY a "b">]>' + section("&a;"), "doctype-late": "<!-- x --><!DOCTYPE a><a/>",
        "cut": two[:-9], "cut-item": two[:260], "malformed": section("<a></b>"), "attribute-twice": section("<a b='1' b='2'/>"),
        "entity": section("&nbsp;"), "version": '<?xml version="1.1"?><configuration/>', "no-version": "<?xml encoding='utf-8'?><a/>",
        "standalone": '<?xml version="1.0" standalone="yes"?>' + inside(""), "bad-standalone": '<?xml version="1.0" standalone="so"?><a/>',
        "latin": '<?xml version="1.0" encoding="iso-8859-1"?>' + inside("<!-- \u00e9 -->"), "ascii": '<?xml version="1.0" encoding="us-ascii"?>' + inside(""),
        "ascii-lie": '<?xml version="1.0" encoding="us-ascii"?>' + inside("<!-- \u00e9 -->"), "windows": '<?xml version="1.0" encoding="windows-1252"?>' + inside(""),
        "unknown": '<?xml version="1.0" encoding="ebcdic"?><a/>', "utf16-lie": '<?xml version="1.0" encoding="utf-16"?><a/>',
        "utf8-said": '<?xml version="1.0" encoding="UTF-8"?>' + inside(""), "declaration-cut": '<?xml version="1.0"', "declaration-late": "\n<?xml version='1.0'?><a/>",
        "quoted": "<?xml version='1.0' encoding='utf-8' ?>" + inside(item % P256), "behind": inside("") + "\n<!-- end --><?p?>\n", "text-behind": inside("") + "x",
        "nothing": "", "white": "  \n", "deep": "<a>" * 300, "nul": "<a>\0</a>", "control": "<a>\1</a>", "gt": section("<a b='>'/>]]"),
        "cdata-end": section("]]>"), "comment-dashes": section("<!-- -- -->"), "pi-xml": section("<?xml x?>"), "colon": section("<:a/>"),
        "close-space": section("<pinnedCertificates >\n" + item % P256 + "\n</pinnedCertificates >"), "value-cut": "<a b='", "comment-cut": "<a><!-- ", "cdata-cut": "<a><![CDATA[ x",
        "pi-cut": "<a><?p ", "tag-cut": "<a", "end-cut": "<a></", "items-apart": inside("\n\n  " + item % P256 + "\n\n\n\t" + item % pins[0] + "  "),
        "same-line": inside("\n " + item % P256 + " " + item % pins[0] + "\n"), "amp": section("<a b='&'/>"), "lt": section("<a b='<'/>"),
        "attribute-ns": section("<pinnedCertificates xmlns:q='u' q:configSource='x'/>"), "config-builders": section("<a xdt:Transform='x'/>"),
        "item-lines": inside("\n <pinnedCertificate\n  publicKeyString = \"%s\"\n />\n" % P256),
    }
    for name, text in files.items():
        raw = text.encode("latin-1") if name == "latin" else text.encode()
        several = name in ("two", "crlf", "twice", "upper") or any(word in name for word in ("item", "line", "comment"))
        for number, masks in enumerate(((0, 0), (7, 1), (2, 2), (0x81, 3))[:4 if several else 2]):
            edited(add, "%s-%d" % (name, number), masks, raw)
        if name in ("two", "self-closed", "comment", "doctype", "in-comment", "cut", "reference"):
            for code in ("utf-16-le", "utf-16-be"):
                wide = ("\ufeff" + text.replace('"1.0"?', '"1.0" encoding="utf-16"?')).encode(code)
                edited(add, "%s-%s" % (name, code), (7, 1), wide)
                edited(add, "%s-%s-cut" % (name, code), (7, 1), wide[:-1])
            edited(add, name + "-bom", (7, 1), b"\xef\xbb\xbf" + raw)
    selectors(add, item)
    proofs(add, files, item)


def part(raw):
    return len(raw).to_bytes(2, "big") + raw


def edited(add, name, masks, raw, selector=b""):
    """For the splice with what comes and goes, for the scan without."""
    add("splice", name, bytes(masks) + part(selector) + raw)
    if masks in ((0, 0), (7, 1)):
        add("scan", name, part(selector) + raw)


def selectors(add, item):
    many = ('<configuration><location path="a"><pinnedCertificates/></location><location><pinnedCertificates>%s'
            '</pinnedCertificates><pinnedCertificates/></location></configuration>' % (item % P256)).encode()
    for number, selector in enumerate((
            b"configuration/location[2]/pinnedCertificates[1]", b"configuration/location/pinnedCertificates", b"/x",
            b"configuration/location[1]/pinnedCertificates", b"configuration/location[9]/pinnedCertificates", b"a[0]/pinnedCertificates",
            b"a[x]/pinnedCertificates", b"a[1/pinnedCertificates", b"pinnedCertificates", b"a", b"a//pinnedCertificates",
            b"a/" * 514 + b"pinnedCertificates", b"a[99999999999999999999]/pinnedCertificates", b"a/pinnedCertificates/", b"a[1]x/pinnedCertificates")):
        edited(add, "selector-%d" % number, (7, 1), many, selector)
    add("proof", "selector", bytes((0x47, 1)) + part(b"configuration/location[2]/pinnedCertificates[1]") + part(many))
    for name, raw in {"bad-utf8": b"<a>\xff</a>", "overlong": b"<a>\xc0\x80</a>", "surrogate": b"\xff\xfe<\0a\0>\0\0\xd8<\0", "utf32": b"\xff\xfe\0\0<\0\0\0",
                      "utf32-be": b"\0\0\xfe\xff", "pair": b"\xff\xfe<\0a\0>\0=\xd8\x11\xdd<\0/\0a\0>\0", "low": b"\xff\xfe<\0a\0>\0\0\xdc", "no-mark": b"<\0a\0/\0>\0",
                      "fffe": b"\xff\xfe<\0a\0>\0\xfe\xff"}.items():
        edited(add, "bytes-" + name, (0, 0), raw)


def proofs(add, files, item):
    """The splice's file; the same with one thing wrong; and files that were never spliced."""
    for name in ("two", "crlf", "one-line", "self-closed", "self-closed-lines", "empty", "comment", "twice", "upper", "single",
                 "space", "reference", "clear", "stranger-beside", "attribute", "child", "root", "net-ns", "windows", "text", "doctype"):
        text = files[name]
        raw = text.encode("latin-1")
        for masks in ((0x47, 1), (0x42, 3)):
            add("proof", name, bytes(masks) + part(b"") + part(raw))
        for where, gone, comes in ((0, 0, b" "), (0, 0, b"\xef\xbb\xbf"), (len(raw), 0, b"\n"), (raw.find(b"<pinnedCertificate "), 0, b"\n"),
                                   (raw.find(b"</pinnedCertificates"), 0, b"<!-- -->"), (raw.find(b"<config"), 0, b"<!-- -->"),
                                   (raw.find(b"</pinnedCertificates"), 0, (item % P256).encode()), (raw.find(b"CertificateS"), 1, b"x")):
            cut = max(where, 0).to_bytes(2, "big") + gone.to_bytes(2, "big") + part(comes)
            add("proof", name + "-edit", bytes((0x47, 1)) + part(b"") + part(raw) + cut)
    two = files["two"]
    for name, new in {"same": two, "line-ends": two.replace("\n", "\r\n"), "clear": two.replace("<pinnedCertificate ", "<clear/><pinnedCertificate ", 1),
                      "encoding": two.replace('"1.0"', '"1.0" encoding="utf-8"'), "quotes": two.replace('"', "'"), "opened": two.replace(" />", "></pinnedCertificate>"),
                      "order": "".join(line for line in two.splitlines(True)[:4] + two.splitlines(True)[5:4:-1] + two.splitlines(True)[4:5] + two.splitlines(True)[6:]),
                      "upper": two.replace(P256, P256.upper()), "twice": two.replace(item % P256, item % P256 * 2), "password": two.replace('value="x"', 'value="y"')}.items():
        add("proof", "whole-" + name, bytes((0x80, 0)) + part(b"") + part(two.encode()) + new.encode())


def creations(add):
    """Files that declare a section and have none; and what is wrong with such a declaration."""
    section = '<section name="pinnedCertificates" type="T, A" />'
    group = '<sectionGroup name="ens">%s</sectionGroup>' % section
    doc = "<configuration>\n  <configSections>\n    %s\n  </configSections>\n%s</configuration>\n"
    files = {
        "plain": doc % (section, ""), "group": doc % (group, ""), "group-there": doc % (group, "  <ens>\n    <a/>\n  </ens>\n"),
        "group-closed": doc % (group, "  <ens />\n"), "groups": doc % ('<sectionGroup name="b">%s</sectionGroup>' % group, "  <b></b>\n"),
        "one-line": (doc % (section, "<a/>")).replace("\n", ""), "tabs": (doc % (section, "  <a/>\n")).replace("  ", "\t"),
        "crlf": (doc % (section, "  <a/>\n")).replace("\n", "\r\n"), "comment": "<!-- a -->" + doc % (section, "<!-- b -->"),
        "no-type": doc % ('<section name="pinnedCertificates" />', ""), "twice": doc % (section * 2, ""), "two-groups": doc % (section + group, ""),
        "none": doc % ("", ""), "cleared": doc % (section + "<clear/>", ""), "removed": doc % (section + '<remove name="pinnedCertificates"/>', ""),
        "defined": doc % (section.replace("type", 'allowDefinition="MachineToApplication" type'), ""), "machine": doc % (section.replace("type", 'allowDefinition="MachineOnly" type'), ""),
        "late": "<configuration><a/><configSections>%s</configSections></configuration>" % section, "there": doc % (section, "<pinnedCertificates/>"),
        "group-twice": doc % (group, "<ens/><ens/>"), "group-source": doc % (group, '<ens configSource="x"/>'), "group-text": doc % (group, "<ens>t</ens>"),
        "net-ns": (doc % (section, "")).replace("<configuration>", '<configuration xmlns="http://schemas.microsoft.com/.NetConfiguration/v2.0">'),
        "other-ns": (doc % (section, "")).replace("<configuration>", '<configuration xmlns="u">'), "prefix": doc % (section.replace("<s", "<p:s"), ""),
        "self-closed": "<configuration/>", "other-root": "<a/>", "reference": doc % (section.replace("pinned", "&#112;inned"), ""), "deep": doc % (
            '<sectionGroup name="g">' * 17 + section + "</sectionGroup>" * 17, ""), "odd-group": doc % (group.replace('"ens"', '"a b"'), ""), "location": doc % (section, "<location><a/></location>"),
    }
    for name, text in files.items():
        for mask in (7, 1):
            add("create", "%s-%d" % (name, mask), bytes([mask]) + part(b"") + text.encode())
            add("create", "%s-%d-wide" % (name, mask), bytes([mask]) + part(b"") + b"\xff\xfe" + text.encode("utf-16-le"))
        add("declared", name, part(b"") + text.encode())
        add("declared", name + "-wide", part(b"") + b"\xff\xfe" + text.encode("utf-16-le"))
        for selector in (b"configuration/pinnedCertificates", b"configuration/ens/pinnedCertificates", b"configuration/b/ens/pinnedCertificates"):
            add("create", name + "-chosen", b"\3" + part(selector) + text.encode())
            add("declared", name + "-chosen", part(selector) + text.encode())
        add("declared", name + "-any", part(b"configuration/*/pinnedCertificates") + text.encode())


def sources(add):
    """What a web.config names by configSource, and what is in the file."""
    pins, ens = "<pinnedCertificates/>", "<ens>%s</ens>"
    doc = "<configuration>%s</configuration>"
    here = "<pinnedCertificates configSource='%s'/>"
    for number, value in enumerate(("a", "a/b", "a\\..\\b", "../a", "/a", "C:\\a", "a ", "a\\", ".", "", "a&amp;b", "a&#10;", "\u00e9", "x" * 1100, "a/" * 600)):
        text = doc % (here % value)
        for code, raw in (("utf-8", text.encode()), ("utf-16", b"\xff\xfe" + text.encode("utf-16-le")),
                          ("latin-1", b"<?xml version='1.0' encoding='latin1'?>" + text.encode("latin-1"))):
            add("source", "value-%d-%s" % (number, code), part(b"") + part(raw) + pins.encode())
    configs = {
        "group": doc % "<ens configSource='a'/>", "comment": doc % "<ens configSource='a'> <!-- --><?x?></ens>", "content": doc % "<ens configSource='a'><b/></ens>",
        "text": doc % "<ens configSource='a'>x</ens>", "both": doc % ("<ens configSource='a'/>" + pins), "twice": doc % (here % "a" + pins), "two": doc % ("<a configSource='a'/><ens configSource='b'/>"),
        "location": doc % ("<location>%s</location>" % (here % "a")), "secret": doc % "<ens configProtectionProvider='p' configSource='a'/>", "prefix": doc % "<p:a xmlns:p='u' configSource='a'/>",
        "deep": doc % ("<a>" * 250 + here % "a" + "</a>" * 250), "deeper": doc % ("<a>" * 200 + "<ens configSource='a'/>" + "</a>" * 200), "many": doc % ("<ens configSource='a'/>" * 65),
        "foreign": "<configuration xmlns='u'>%s</configuration>" % (here % "a"), "net": "<configuration xmlns='http://schemas.microsoft.com/.NetConfiguration/v2.0'>%s</configuration>" % (here % "a"),
        "inside": doc % ("<ens configSource='a'>%s</ens>" % pins), "declared": doc % "<configSections><a configSource='a'/></configSections>", "not": "<configuration",
    }
    files = {
        "pins": pins, "ens": ens % pins, "several": ens % (pins * 2 + "<a>%s</a>" % pins), "none": ens % "", "root": "<other>%s</other>" % pins, "further": ens % (here % "a"),
        "root-further": here % "a", "deep": ens % ("<a>" * 255 + pins + "</a>" * 255), "empty": "", "bad": "<ens>", "net": "<ens xmlns='http://schemas.microsoft.com/.NetConfiguration/v2.0'>%s</ens>" % pins,
        "foreign": "<ens xmlns='u'>%s</ens>" % pins, "deeper": ens % ("<a>" * 200 + pins * 12 + "</a>" * 200),
    }
    for config, text in configs.items():
        for name, file in files.items():
            add("source", "%s-%s" % (config, name), part(b"") + part(text.encode()) + file.encode())
        for number, selector in enumerate((
                b"configuration/pinnedCertificates[1]", b"configuration/ens/pinnedCertificates", b"configuration/*[2]/*/pinnedCertificates",
                b"configuration/location/pinnedCertificates", b"configuration/ens[1]/pinnedCertificates[2]", b"x")):
            for name in ("pins", "ens", "several"):
                add("source", "%s-%s-chosen-%d" % (config, name, number), part(selector) + part(text.encode()) + files[name].encode())


def workspace(variants):
    text = HEAD + '<bundler xmlns="urn:pinferry:bundler:1" domain="%s" channel="cns.awmdm.com" created="%s"/>\n' % (Z16, TIME)
    variants("workspace", "new", text, [change for change in ANY if change[0] in text] + [
        ('domain="ab', 'domain="a'), ("cns.", "cns.."), (TIME, "1999-01-01T00:00:00Z"), (' created="%s"' % TIME, ""), ("<bundler", "<bungler"),
        (" channel", ' color="red" channel'), ("/>", "></bundler>")])
    text = text.replace("/>", '>\n  <source url="https://a.example/" ca="ca.pem"/>\n</bundler>')
    variants("workspace", "source", text, [("https", "http"), ('url="', 'uri="'), ('"ca.pem"', '"/etc/ca.pem"'), (' ca="ca.pem"', ""), ("<source", "<sauce"),
                                           ("  <source", '  <source url="https://b/"/><source'), ("ca=", "cb="), ('"/>\n</', '"><x/></source></'), ("https://a.example/", "")])


def sequence(variants):
    text = HEAD + '<sequence xmlns="urn:pinferry:sequence:1" domain="%s" last="41"/>\n' % Z16
    variants("sequence", "plain", text, [change for change in ANY if change[0] in text] + [
        ('"41"', '"0"'), ('"41"', '"041"'), ('"41"', '"-1"'), ('"41"', '"9007199254740990"'), ('"41"', '"9007199254740991"'), ('"41"', '"9007199254740992"'),
        (' last="41"', ""), ('domain="ab', 'domain="cd'), ("ab", "a"), ("<sequence", "<sequel"), ("/>", "><x/></sequence>"), (" last", " first")])


def limits(add, plain):
    """Manifests with one element more than there may be."""
    import re
    for name, pattern, inner in (("sites", r"<sites .*?/>", "<sites>%s</sites>" % ("<site/>" * 4097)),
                                 ("pins", r"<pins>.*</pins>", "<pins>%s</pins>" % ("<pin/>" * 401)),
                                 ("retired", r"<retired/>", "<retired>%s</retired>" % ("<pin/>" * 513)),
                                 ("payload", r"<payload/>", "<payload>%s</payload>" % ("<member/>" * 65)),
                                 ("member-name", r"<payload/>", '<payload><member name="x"/></payload>'),
                                 ("member-type", r"<payload/>", '<payload><member name="payload/x"/></payload>'),
                                 ("no-pin", r"<pins>.*</pins>", "<pins><pen/></pins>"),
                                 ("evidence", r"<evidence[^>]*/>", "<evidence/>" * 9)):
        changed = re.sub(pattern, inner, plain, 1, re.S)
        if changed != plain:
            add("manifest", "limit-" + name, changed)
    add("manifest", "nothing", "")
    add("trust", "nothing", "")


def worlds(add):
    """One byte off the good world at each place, for the targets that draw worlds; and pairs."""
    for target, size in (("policy", 50), ("step", 30)):
        add(target, "good", bytes(size))
        for at in range(size):
            for value in (1, 2, 3, 7, 12, 26):
                add(target, "at-%02d-%d" % (at, value), bytes(at) + bytes([value]) + bytes(size - at - 1))
    for wrong in range(4):
        for last in (0, 1, 3):
            for payload in (1, 2, 3):
                add("policy", "payload-%d-%d-%d" % (payload, wrong, last), bytes(23) + bytes([payload, wrong]) +
                    bytes(21) + bytes([last & 1, last]))
    for floor in range(1, 27, 2):
        add("policy", "floor-%d" % floor, bytes(42) + bytes([1, floor]) + bytes(6))


def write(add, variants, pins):
    worlds(add)
    state(variants)
    run(variants, pins[0])
    ledger(variants, pins)
    site(variants)
    registry(add, pins)
    texts(add)
    webconfig(add, pins)
    creations(add)
    sources(add)
    workspace(variants)
    sequence(variants)
    hosting(variants)
    services(variants)
