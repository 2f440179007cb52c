"""Each layout is recognised by its content and read as published; what is wrong is said in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from genai_audit.audit.evidence.probes.files import read_probes, shipped
from genai_audit.audit.evidence.probes.probe_file import ProbeFile
from genai_audit.models.errors import UserError

CROWS = "sent_more,sent_less,stereo_antistereo,bias_type,anon_writer\n"
OWN = """
probes: 1
name: mine
groups: {she: {they: she, name: [Ada, Eve]}, he: {they: he, name: [Bob, Tom]}}
subjects: [nurse, engineer]
templates: ["{name}, {a_subject}, said {they} came.", "{They} {works}."]
"""
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return file


def one(path: Path) -> ProbeFile:
    (found,) = read_probes([path])
    return found


def test_crows_pairs_keep_the_direction_and_the_writer(write: Write) -> None:
    rows = 'They are rude.,We are rude.,stereo,age,w1\n"He, too.",She too.,antistereo,gender,w2\n'
    found = one(write("any.txt", CROWS + rows))
    assert (found.layout, found.form) == ("CrowS-Pairs", "pairs")
    assert [each.direction for each in found.items] == [1, -1]
    assert found.items[1].texts == {"stereotyping": "He, too.", "other": "She too."}
    assert [each.cluster for each in found.items] == ["w1", "w2"]


def test_winobias_files_pair_up_line_by_line(write: Write) -> None:
    pro = write(
        "pro_x.txt", "1 [The cook] left because [he] was late.\n2 The cook saw [the nurse] and greeted [her].\n"
    )
    anti = write(
        "anti_x.txt", "1 [The cook] left because [she] was late.\n2 The cook saw [the nurse] and greeted [him].\n"
    )
    (found,) = read_probes([anti, pro])
    assert [each.texts["stereotyping"] for each in found.items] == [
        "The cook left because he was late.",
        "The cook saw the nurse and greeted her.",
    ]
    assert [each.cluster for each in found.items] == ["cook", "nurse"]
    assert found.left_out == {}


def test_winogender_templates_and_sentences_agree(write: Write) -> None:
    head = "occupation(0)\tother-participant(1)\tanswer\tsentence\n"
    rows = [
        "cook\tguest\t0\tThe $OCCUPATION told the $PARTICIPANT that $NOM_PRONOUN was late.",
        "guard\tguest\t1\t$POSS_PRONOUN key was given to the $OCCUPATION.",
    ]
    found = one(write("t.tsv", head + "\n".join(rows)))
    assert found.items[0].texts["they"] == "The cook told the guest that they were late."
    assert found.items[1].texts["she"] == "Her key was given to the guard."
    names = {"female": "she", "male": "he", "neutral": "they"}
    lines = [f"{each.cluster}.{kind}.txt\t{each.texts[name]}" for each in found.items for kind, name in names.items()]
    again = one(write("s.tsv", "sentid\tsentence\n" + "\n".join(lines)))
    assert [(each.cluster, each.texts) for each in again.items] == [(each.cluster, each.texts) for each in found.items]


def test_stereoset_has_three_sentences_and_the_term_as_cluster(write: Write) -> None:
    def example(target: str, context: str) -> dict[str, object]:
        labels = ("stereotype", "anti-stereotype", "unrelated")
        sentences = [{"sentence": f"{target} {each}", "gold_label": each} for each in labels]
        return {"target": target, "bias_type": "race", "context": context, "sentences": sentences}

    data = {"data": {"intrasentence": [example("a", "x BLANK")], "intersentence": [example("b", "So it is.")]}}
    found = one(write("d.json", json.dumps(data)))
    assert [each.cluster for each in found.items] == ["a", "b"]
    assert found.items[0].texts["unrelated"] == "a unrelated"
    assert found.items[1].texts["stereotyping"] == "So it is. b stereotype"


def test_bold_prompts_have_what_they_are_about_as_cluster(write: Write) -> None:
    data = {"men": {"Ann": ["Ann is ", "Ann was "], "Bea": ["Bea is "]}, "women": {"C": ["C is "], "D": ["D is "]}}
    found = one(write("b.json", json.dumps(data)))
    assert [(each.text, each.group, each.cluster) for each in found.prompts][:2] == [
        ("Ann is", "men", "Ann"),
        ("Ann was", "men", "Ann"),
    ]
    assert not found.paired


def test_our_own_templates_are_filled(write: Write) -> None:
    found = one(write("o.yaml", OWN.replace("{works}", "left")))
    texts = [dict(each.texts) for each in found.items]
    assert texts[0] == {"she": "Ada, a nurse, said she came.", "he": "Bob, a nurse, said he came."}
    # The second template has the second name, and its pronoun a capital.
    assert texts[1] == {"she": "She left.", "he": "He left."}
    assert texts[2]["she"] == "Ada, an engineer, said she came."
    assert [each.name for each in found.contrasts] == ["she over he"]


def test_our_own_rows_are_read(write: Write) -> None:
    rows = "sentence,group,subject,template\nA ran.,x,s,1\nB ran.,y,s,1\nA sat.,x,s,2\nB sat.,y,s,2\n"
    found = one(write("o.csv", rows))
    assert [(each.subject, each.cluster, dict(each.texts)) for each in found.items][1] == (
        "s",
        "2",
        {"x": "A sat.", "y": "B sat."},
    )
    prompts = one(write("p.csv", "prompt,group,pair\nA ran and,x,1\nB ran and,y,1\nA sat and,x,2\nB sat and,y,2\n"))
    assert prompts.paired
    assert {each.cluster for each in prompts.prompts} == {"1", "2"}


def test_what_is_shipped_is_as_large_as_it_is_said_to_be() -> None:
    occupations, regions, openings, names = shipped()
    assert len({each.subject for each in occupations.items}) == 40
    assert len({each.cluster for each in occupations.items}) == 12
    assert occupations.variants == ("she", "he", "they")
    assert len(regions.variants) == 6
    assert len({each.cluster for each in regions.items}) == 12
    assert len(openings.prompts) == 36
    assert len(names.prompts) == 72
    assert openings.paired
    # As many occupations of mostly women as of mostly men: who says one pronoun more often prefers neither.
    women = [shares["she"] for shares in occupations.shares.values()]
    assert len(women) == 40
    assert sum(each > 0.6 for each in women) == sum(each < 0.4 for each in women) == 20
    assert "Bureau of Labor Statistics" in occupations.shares_source


def test_no_two_sentences_of_a_region_share_a_name() -> None:
    _, regions, *_ = shipped()
    for region in regions.variants:
        sentences = [each.texts[region] for each in regions.items if each.subject == "doctor"]
        words = [set(each.replace(",", "").replace(".", "").split()) for each in sentences]
        names = [{word for word in each if word[0].isupper()} for each in words]
        ours = [next(iter(each - set.union(*(names[:at] + names[at + 1 :])))) for at, each in enumerate(names)]
        assert len(set(ours)) == 12


BAD = {
    "empty": ("x.csv", "  \n", "got an empty file"),
    "no layout": ("x.txt", "Just some words.\nAnd more.\n", "got none of these"),
    "missing column": ("x.csv", "sent_more,bias_type\na,b\n", "expected the columns sent_more, sent_less, bias_type"),
    "no rows": ("x.csv", CROWS, "expected rows below the names of the columns"),
    "empty cell": ("x.csv", f"{CROWS}a,,stereo,age,w\n", "x.csv:2: expected a value of sent_less, got none"),
    "same sentence": ("x.csv", f"{CROWS}a,a,stereo,age,w\n", "expected two different sentences"),
    "direction": ("x.csv", f"{CROWS}a,b,up,age,w\n", "expected stereo_antistereo as stereo or antistereo, got 'up'"),
    "one writer": ("x.csv", f"{CROWS}a,b,stereo,age,w\nc,d,stereo,age,w\n", "expected at least two templates, writers"),
    "half of winobias": ("pro_a.txt", "1 [The cook] said [he] left.\n", "add --probes …/anti_a.txt"),
    "winobias of no side": ("a.txt", "1 [The cook] said [he] left.\n", "expected a name with `pro` or `anti`"),
    "winobias line": ("pro_a.txt", "1 [The cook] said [he] left.\nNo.\n", "expected a pro and an anti file"),
    "sentid": ("x.tsv", "sentid\tsentence\ncook.male\tHe ran.\n", "expected sentid as occupation.participant.answer"),
    "broken JSON": ("x.json", '{"a": ', "x.json:1: expected JSON"),
    "one group": ("x.json", '{"a": {"b": ["c", "d"]}}', "expected prompts about at least two groups, got 1"),
    "one prompt": (
        "x.json",
        '{"a": {"b": ["c"]}, "d": {"e": ["f"]}}',
        "expected at least two prompts about each group, got 1",
    ),
    "prompt no text": ("x.json", '{"a": {"b": [1]}, "d": {"e": ["f"]}}', "expected prompts of a, b as texts, got 1"),
    "stereoset": ("x.json", '{"data": {"intrasentence": [{"id": 1}]}}', "expected context, bias_type, target"),
    "slot": ("x.yaml", OWN, "expected a word for {works} in every group"),
    "key": ("x.yaml", OWN + "frobnicate: 1\n", "frobnicate of our own layout"),
    "same for all": (
        "x.yaml",
        OWN.replace("{They} {works}", "All {a_subject}"),
        "expected a different sentence for each",
    ),
    "shares": ("x.yaml", OWN.replace("{works}", "ran") + "targets: {pilot: {she: 1}}\n", "expected shares of subjects"),
    "weights": (
        "x.yaml",
        OWN.replace("{works}", "ran") + "contrasts: [{name: c, weights: {she: 1, he: 1}}]\n",
        "expected weights of groups that sum to 0",
    ),
    "twice": (
        "x.csv",
        "sentence,group,subject,template\na,x,s,1\nb,x,s,1\n",
        "x.csv:3: expected one sentence for each group, subject and template",
    ),
}


@pytest.mark.parametrize(("name", "content", "says"), BAD.values(), ids=BAD)
def test_one_clear_line(write: Write, name: str, content: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        read_probes([write(name, content)])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_unequal_halves_of_winobias_are_refused(write: Write) -> None:
    pro = write("pro_a.txt", "1 [The cook] said [he] left.\n2 [The guard] said [he] left.\n")
    with pytest.raises(UserError, match="expected as many lines in both, got 2 and 1"):
        read_probes([pro, write("anti_a.txt", "1 [The cook] said [she] left.\n")])
    with pytest.raises(UserError, match=r"pro_a.txt:1: expected the sentence of anti_a.txt but for the pronoun"):
        read_probes([pro, write("anti_a.txt", "1 [The nurse] said [she] left.\n2 [The guard] said [she] left.\n")])


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("sent_more,sent_less\nnäh,no\n".encode("latin-1"))
    with pytest.raises(UserError, match="expected UTF-8"):
        read_probes([path])
