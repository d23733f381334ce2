"""The picture and the table behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.http.headers import CONTENT_SECURITY_POLICY
from engage.http.pagination import page_number
from engage.http.session import db
from engage.kernel import codes
from engage.techmap import queries
from engage.techmap.queries import Picture, View, Wanted
from engage.techmap.views import bp, scene
from engage.techmap.views.asked import Asked, asked, view_asked

if TYPE_CHECKING:
    from engage.techmap.models import Landscape

BACKDROP_UP_TO = 1_000
EMBEDDABLE = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")

_KEPT = 8
_known_oldest: dict[tuple[int, datetime | None, date], date | None] = {}


@bp.get("/techmap")
@public
def index() -> ResponseReturnValue:
    """Show the map: suppliers near in meaning stand near each other."""
    ask = asked()
    return render_template("techmap/index.html", **_shown(ask, view_asked()))


@bp.get("/techmap/table")
@public
def table() -> ResponseReturnValue:
    """Show the suppliers of the map as a table, in the order asked for."""
    ask = asked()
    if ask.landscape is None:
        return render_template("techmap/none.html", **_none(ask))
    sort = request.args.get("sort", "")
    order = sort if sort in queries.SORTS else "name"
    rows = queries.table(
        db(), landscape_id=ask.landscape.id, wanted=ask.wanted, sort=order, page=page_number()
    )
    names = {each.number: scene.words_of(each) for each in ask.clusters}
    return render_template(
        "techmap/table.html", ask=ask, form=ask.form, rows=rows, sort=order, names=names, codes=codes
    )


@bp.get("/techmap/embed")
@public
def embed() -> ResponseReturnValue:
    """Show the picture alone, for a frame in another site."""
    response = make_response(render_template("techmap/embed.html", **_shown(asked(), view_asked())))
    response.headers["Content-Security-Policy"] = EMBEDDABLE
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _shown(ask: Asked, view: View) -> dict[str, Any]:
    """Return what the templates of the picture need."""
    if ask.landscape is None:
        return _none(ask)
    found = queries.picture(db(), landscape_id=ask.landscape.id, wanted=ask.wanted, view=view)
    return {
        "ask": ask,
        "form": ask.form,
        "landscape": ask.landscape,
        "placed_anew": queries.last_placed_anew(db(), landscape=ask.landscape),
        "oldest": _oldest(ask, ask.landscape),
        "found": found,
        "scene": scene.scene(found, ask.clusters, backdrop=_backdrop(ask, found)),
        "keys": scene.keys(ask.clusters, found),
        "moves": scene.moves(view),
    }


def _oldest(ask: Asked, landscape: Landscape) -> date | None:
    """Return how old the oldest statement on the map is; worked out once for each drawing and day."""
    key = (landscape.id, landscape.drawn_at, ask.wanted.day)
    if key not in _known_oldest:
        while len(_known_oldest) >= _KEPT:
            _known_oldest.pop(next(iter(_known_oldest)), None)
        _known_oldest[key] = queries.oldest(db(), day=ask.wanted.day)
    return _known_oldest[key]


def _none(ask: Asked) -> dict[str, Any]:
    return {"ask": ask, "form": ask.form, "landscape": None, "under_way": queries.under_way(db())}


def _backdrop(ask: Asked, found: Picture) -> Picture | None:
    """Read everybody else on a small map, so that what is wanted of it is seen in its place."""
    assert ask.landscape is not None
    if ask.wanted.everything or ask.landscape.suppliers > BACKDROP_UP_TO:
        return None
    everybody = Wanted(day=ask.wanted.day)
    return queries.picture(db(), landscape_id=ask.landscape.id, wanted=everybody, view=found.view)
