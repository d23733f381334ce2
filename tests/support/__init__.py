"""Tools of the tests: the web client that distrusts the view, HTML checks."""
