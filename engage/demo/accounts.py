"""The people of the demo: those you can sign in as, and those who only lend their names."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.actor import Role

PASSWORD = "engage-demo-2026"  # noqa: S105 - printed at every start; it opens demo data only
DEPARTMENT = "Department for Demonstration"
PLATFORM = "engage platform team"


@dataclass(frozen=True)
class Account:
    """Somebody you can sign in as, what for, and for whom they act."""

    email: str
    name: str
    organisation: str
    roles: tuple[Role, ...]
    look_at: str
    """What to look at first, for the table that is printed."""

    @property
    def role(self) -> str:
        """What the person is, in words."""
        return " and ".join(role.label for role in self.roles)


AUTHOR = Account(
    "author@demo-department.example",
    "Amara Field",
    DEPARTMENT,
    (Role.POLICY_AUTHOR,),
    "write challenges, match suppliers, invite them",
)
APPROVER = Account(
    "approver@demo-department.example",
    "Daniel Moss",
    DEPARTMENT,
    (Role.APPROVER,),
    "approve texts that others wrote",
)
COLLEAGUE = Account(
    "colleague@demo-department.example",
    "Callum Reed",
    DEPARTMENT,
    (Role.POLICY_AUTHOR,),
    "write in the same text as the author, at once",
)
FACILITATOR = Account(
    "facilitator@demo-department.example",
    "Ines Ward",
    DEPARTMENT,
    (Role.FACILITATOR,),
    "run sessions, answer questions",
)
SUPPLIER_ADMIN = Account(
    "admin@demo-supplier.example",
    "Rhian Lowe",
    "Quillfen Digital Ltd",
    (Role.SUPPLIER_ADMIN,),
    "keep the profile, see what fits",
)
SUPPLIER_EXPERT = Account(
    "expert@demo-supplier.example",
    "Tomasz Quick",
    "Quillfen Digital Ltd",
    (Role.SUPPLIER_EXPERT,),
    "answer invitations, ask, volunteer",
)
AUDITOR = Account(
    "auditor@engage.example",
    "Helen Stone",
    PLATFORM,
    (Role.AUDITOR,),
    "read everything, change nothing",
)
ADMINISTRATOR = Account(
    "platform@engage.example",
    "Yusuf Grant",
    PLATFORM,
    (Role.PLATFORM_ADMIN,),
    "verify organisations, see every letter",
)
ACCOUNTS = (
    AUTHOR,
    COLLEAGUE,
    APPROVER,
    FACILITATOR,
    SUPPLIER_ADMIN,
    SUPPLIER_EXPERT,
    AUDITOR,
    ADMINISTRATOR,
)

OF_DEPARTMENT = {
    "author": AUTHOR.email,
    "colleague": COLLEAGUE.email,
    "approver": APPROVER.email,
    "facilitator": FACILITATOR.email,
}
"""The people of the demo department by what the demo's files call them."""

EDITOR = ("editor@engage.example", "Demo editor")
REVIEWER = ("reviewer@engage.example", "Demo reviewer")
"""Lend their names to the real departments of the notices. Nobody can sign in as them."""

EXPERTS = (
    *("Priya", "Callum", "Niamh", "Joseph", "Hannah", "Idris", "Sofia", "Euan", "Maryam", "Peter", "Carys"),
    *(
        "Nadia",
        "Liam",
        "Ruth",
        "Dev",
        "Fiona",
        "Samuel",
        "Ayesha",
        "Gareth",
        "Olu",
        "Bethan",
        "Viktor",
        "Jean",
    ),
    *("Amir", "Isla", "Conor", "Lucia", "Reuben", "Tessa", "Hugo"),
)
"""First names of the people who act for real suppliers in the demo; the family name of all of them is Example."""
EXPERTS_DOMAIN = "demo-suppliers.example"
