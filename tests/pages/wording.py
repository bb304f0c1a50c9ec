"""How numbers and words of a page are written: thousands parted, minus no hyphen, Oxford spelling, `lang`."""

import re

import lxml.html

SPELT_WITH_S = re.compile(
    r"(?i)^(un)?(adv|dev|rev|superv|improv|prem|prom|comprom|compr|surpr|enterpr|exerc|disgu|franch|merchand|"
    r"prec|conc|pra|ra|no|ar|r|w|expert|advert|telev|exc|par|po)is|wise$"
)


def faults_of_style(page):
    """Numbers, words and Chinese of a page that are not written as they should be, each with its text."""
    tree = lxml.html.parse(str(page)).getroot()
    found = []
    for element in tree.body.iter():
        above = [element, *element.iterancestors()]
        if not isinstance(element.tag, str) or any(one.tag in ("pre", "code", "footer") for one in above):
            continue
        if any(one.get("lang", "en")[:2] == "zh" for one in above):
            continue
        found += [("no lang", text) for text in words_of(element) if re.search("[\u4e00-\u9fff]", text)]
        if any(one.tag.endswith("math") for one in above):
            continue
        cited = any(one.get("class") == "references" for one in above)
        for text in words_of(element):
            named = text.strip().isdigit() and element.tag == "text"  # a row that a mark stands for
            faults = [] if named else faults_of_numbers(text)
            faults += [] if cited else faults_of_spelling(text)
            found += [(fault, text) for fault in faults]
    return found


def words_of(element):
    return [text for text in (element.text, *(child.tail for child in element)) if text]


def faults_of_spelling(text):
    """Words in -ise for which Oxford spelling has -ize; the exceptions do not come from Greek -izein."""
    words = re.findall(r"\b[A-Za-z]{3,}is(?:e|es|ed|ing|er|ers|ation|ations)\b", text)
    return [word for word in words if not SPELT_WITH_S.search(word)]


def faults_of_numbers(text):
    without = re.sub(r"\d+\(\d[\d-]*\)", "", text)  # volume and issue
    long = re.finditer(r"(?<![\w.,/–:-])(?<!row |per )\d{4,}(?![\w.–/-])", without)
    counts = [one[0] for one in long if not 1800 <= int(one[0]) <= 2030]
    return counts + [one[0] for one in re.finditer(r"(?<![\w)])-\d[\d.]*", text)]
