"""The public face of the site: home, help pages, health."""
