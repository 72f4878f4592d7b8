"""Random texts: many scripts, odd characters, and pieces that the operators look for."""

SCRIPTS = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "àéîõüßçñøåæÀÉÎÕÜŠžıİſŁ",
    "αβγδεζσςΣάΩῼᾳᾈ",
    "абвгдежзиёГДЖЯ",
    "שלוםעבריתבּ",
    "العربيةكتابپچ٠١٢۴۵",
    "हिन्दीकखगंः्१२",
    "ไทยสวัสดีก็๑๒",
    "中文字符简体繁體語言一上二三龥㐀𠀀",
    "ひらがなカタカナツシンー゛ｶﾞ",
    "한국어조선말각",
    "Tiếngệốằẵ",
    "ⅧⅷⅣ½¼²³①②𝟘𝟙𝐀𝔘ﬁﬂ㍿㎏",
]
SPECIAL = [
    " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e",
    "\x1f", "\x85", "\xa0", "\u1680", "\u2000", "\u2003", "\u200a", "\u200b", "\u200c",
    "\u200d", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff",
    "\ufffc", "\u00ad", "\u0084", "\x00", "\x07", "\x7f", "\u180e", "\u202e", "\u200e",
    "e\u0301", "\u0301", "\u0345", "\u0308", "\u1160", "\ufe0f", "\U000e0001", "\ue000",
    "\uffff", "\U0010ffff", "\u0378", "\U0001e94b",
]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + list(
    "。，、！？：；（）【】《》〈〉「」『』“”‘’—–…·•・￥％＄＃＠＆＊～｀｜＼／＿＋＝－１２「」«»„¿¡§¶†‡°"
)
EMOJI = [
    "😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "❤️", "☀︎", "🏳️‍🌈", "🧑🏿‍🚀", "🫠", "©", "™", "㊙",
]
PIECES = [
    # links, mail, addresses
    "http://a.com", "https://www.Example.org/x_(y)?q=1#z", "HTTP://A", "ftp://x.y/z,",
    "www.a.de", "WWW2.b.co/é", "bit.ly/ab", "a.b/c", "://", "mailto:x", "看http://a.com/x。",
    "me@a.com", "a.b+c_d-e@x-y.co.uk", "A@B.C", "x@y", "@a.com", "ü@a.de",
    "1.2.3.4", "256.1.1.1", "1.2.3.4.5", "01.2.3.4", "255.255.255.255",
    "1:2:3:4:5:6:7:8", "fe80::1", "٣:2:3:4:5:6:7:8", "abcd:ef01:2345:6789:a:b:c:d",
    # code and TeX
    "/* Copyright x */", "/* none */", "/*", "*/", "// c", "# c", "-- c", "copyright",
    "\\newcommand{\\foo}{bar}\n", "\\newcommand*{\\x1}{\\frac{a}{b}}\n", "\\def\\foo{baz}\n",
    "\\foo ", "\\foo{", "\\x1.", "\\foo", "% comment", "\\%", "a % b\n", "\n%\n", "%",
    "\\section{A}", "\\section*{B}", "\\chapter[x]{C}", "\\subsubsection{\nD}", "\\part{}",
    "\\paragraph{e}", "\\appendix", "\\appendixes", "\\begin{references}", "\\bibliography{x}",
    "\\begin{thebibliography}{9}", "\\bibliography{", "\\begin{REFERENCES}", "}", "{",
    "\\begin{figure}", "\\end{figure}", "\\label{a}", "\\caption{b}", "\\ref{a}",
    "\\includegraphics{i.png}",
    # broken encodings, entities
    "Ã©", "â€™", "â€œ", "Â ", "Ã ", "schÃ¶n", "&amp;", "&lt;b&gt;", "&#39;", "&#x2603;",
    "&eacute", "&nbsp;", "<b>", "</li>", "<li>", "<ol>", "<br/>", "\x1b[31m", "’", "“a”",
    "ï»¿", "å\x8f\xaf", "\x91x\x92", "ＡＢＣ", "ﬃ", "Ĳ", "…", "вЂ”", "ГЎ", "Ð¿Ñ€Ð¸",
    # sentences and tables
    "One. Two! Three?", "他说。好！吗？", "......", "……", "。”", "?'", "a b c d\n", "a|b|c\n",
    "a\tb\tc\n", "1 2\n3 4\n5 6\n", "| x | y |\n", "\nA B\nC D\n", "\n\na b\n\nc d\n",
    # words
    "the", "The", "and", "of", "don't", "spam", "junk mail", "bad", "的", "了", "und", "Straße",
    "thư rác", "http", "//", "https", ".html", "nbsp", "foo", "foo foo foo", "Σ", "ΣΑΣ ", "İ",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "lorem ipsum",
]


def word(rng):
    letters = rng.choice(SCRIPTS)
    return "".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 3, 5, 8, 13))))


def any_character(rng):
    while True:
        c = rng.choice(
            (rng.randrange(0x80), rng.randrange(0x250), rng.randrange(0x3400),
             rng.randrange(0x10000), rng.randrange(0x20000), rng.randrange(0x110000))
        )
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def piece(rng):
    roll = rng.random()
    if roll < 0.42:
        return word(rng)
    if roll < 0.58:
        return rng.choice((" ", " ", " ", "\n", "\t"))
    if roll < 0.68:
        return rng.choice(PUNCTUATION)
    if roll < 0.76:
        return rng.choice(SPECIAL)
    if roll < 0.80:
        return rng.choice(EMOJI)
    if roll < 0.97:
        return rng.choice(PIECES)
    return any_character(rng)


def mutate(rng, text):
    """A text with a few characters or pieces put in, taken out, doubled or moved."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice((0, 1, 1, 2, 6)))
        roll = rng.random()
        if roll < 0.4:
            text = text[:at] + piece(rng) + text[at:]
        elif roll < 0.6:
            text = text[:at] + text[end:]
        elif roll < 0.75:
            text = text[:at] + text[at:end] * 2 + text[end:]
        elif roll < 0.85:
            text = text[:at] + rng.choice((text[at:end].upper(), text[at:end].lower())) + text[end:]
        else:
            text = text[at:] + text[:at]
    return text


def text(rng, seeds):
    roll = rng.random()
    if seeds and roll < 0.35:
        return mutate(rng, rng.choice(seeds))
    if roll < 0.40:
        return "".join(any_character(rng) for _ in range(rng.randrange(12)))
    if roll < 0.46:
        return " ".join(rng.choice(("a", "b", "the", "的", "x1")) for _ in range(rng.randrange(40)))
    made = "".join(piece(rng) for _ in range(rng.choice((0, 1, 2, 4, 8, 16, 30, 60))))
    if roll < 0.52 and made:
        made = made * rng.choice((2, 3))
    return made
