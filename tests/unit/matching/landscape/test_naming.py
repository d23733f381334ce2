"""Clusters are called by words that their suppliers share and others do not, never by a supplier's name."""

from __future__ import annotations

import numpy as np

from engage.matching import read_words
from engage.matching.landscape import Member, name_clusters, word_vectors

BRIDGES = "Bridge inspections for councils with drones. Reports on bridges."
SCHOOLS = "School meals for councils. Cooking for pupils with allergies."


def members(name: str, title: str, text: str, count: int = 4) -> list[Member]:
    return [Member(f"{name} {i}", [(title, text)]) for i in range(count)]


def test_names_are_words_of_its_own_as_its_suppliers_write_them() -> None:
    found = name_clusters(
        {1: members("Arch", "Bridge inspections", BRIDGES), 2: members("Kitchen", "School meals", SCHOOLS)}
    )
    assert found[1][0] == "bridge inspections"
    assert found[2][0] == "school meals"
    everything = " ".join([*found[1], *found[2]])
    assert "council" not in everything


def test_a_suppliers_name_is_no_name_of_a_cluster() -> None:
    text = "Zephyria inspects bridges. Zephyria writes reports."
    found = name_clusters(
        {1: members("Zephyria", "Zephyria: bridges", text), 2: members("Kitchen", "Meals", SCHOOLS)}
    )
    assert all("zephyria" not in term for term in found[1])
    assert found[1]


def test_words_of_buying_name_nothing() -> None:
    found = name_clusters(
        {
            1: members("A", "Framework agreement", "Framework contract, lot, tender."),
            2: members("B", "Meals", SCHOOLS),
        }
    )
    assert found[1] == ()


def test_without_a_model_those_who_use_the_same_words_are_alike() -> None:
    texts = [BRIDGES, "Bridges: inspections and reports.", SCHOOLS, "Meals for pupils, cooking at school."]
    vectors = word_vectors([read_words("", text) for text in texts], np.arange(4), suppliers=4)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > cosines[0, 2]
    assert cosines[2, 3] > cosines[2, 1]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_suppliers_without_words_have_no_direction() -> None:
    assert word_vectors([], np.zeros(0, dtype=np.int64), suppliers=2).shape[0] == 2
