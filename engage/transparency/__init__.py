"""The notice made from the record, what followed it on Find a Tender, and how the two are linked."""
