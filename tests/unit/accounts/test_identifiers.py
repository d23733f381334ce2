"""Numbers are kept in one form, and only those their register could have given."""

from __future__ import annotations

import pytest

from engage.accounts.enums import Scheme
from engage.accounts.service.identifiers import REGISTERS, normalise
from engage.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("scheme", "typed", "kept"),
    [
        ("GB-COH", "00445790", "00445790"),
        ("GB-COH", "445790", "00445790"),
        ("GB-COH", " 0044 5790 ", "00445790"),
        ("GB-COH", "sc12345", "SC012345"),
        ("GB-COH", "OC301540", "OC301540"),
        ("GB-COH", "r42", "R0000042"),
        ("GB-COH", "IP12345R", "IP12345R"),
        ("GB-CHC", "1012345", "1012345"),
        ("GB-CHC", "212345", "212345"),
        ("GB-SC", "SC012345", "SC012345"),
        ("GB-SC", "12345", "SC012345"),
        ("GB-NIC", "NIC101234", "101234"),
        ("GB-PPON", "pdzg-3487-dwxv", "PDZG-3487-DWXV"),
        ("GB-PPON", "PDZG3487DWXV", "PDZG-3487-DWXV"),
        ("GB-GOR", "d13", "D13"),
        ("GB-GOR", "OT1268", "OT1268"),
        ("XI-LEI", "2138 00WSGIIZCXF1P572", "213800WSGIIZCXF1P572"),
    ],
)
def test_it_is_kept_as_the_register_writes_it(scheme: str, typed: str, kept: str) -> None:
    assert normalise(Scheme(scheme), typed) == kept


@pytest.mark.parametrize(
    ("scheme", "typed"),
    [
        ("GB-COH", ""),
        ("GB-COH", "123456789"),
        ("GB-COH", "ABC12345"),
        ("GB-COH", "SC1234567"),
        ("GB-COH", "00445790; DROP"),
        ("GB-CHC", "12345"),
        ("GB-CHC", "0123456"),
        ("GB-SC", "SC1234567"),
        ("GB-NIC", "10123"),
        ("GB-PPON", "PDZG-348-DWXVV"),
        ("GB-PPON", "PDZ1-3487-DWXV"),
        ("GB-GOR", "13"),
        ("GB-GOR", "D0"),
        ("XI-LEI", "213800WSGIIZCXF1P573"),
        ("XI-LEI", "213800WSGIIZCXF1P57"),
    ],
)
def test_what_the_register_could_not_have_given_is_refused(scheme: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(Scheme(scheme), typed)
    assert list(refused.value.fields) == ["number"]


def test_every_scheme_but_none_has_a_register() -> None:
    assert set(REGISTERS) == set(Scheme) - {Scheme.NONE}
