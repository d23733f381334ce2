"""The demonstration: real texts, made-up people, and a few months of life that lead up to today.

``loading.load`` fills a database by calling the same services that people's clicks call, at past moments in
order, so that audit trail, ledger and letters are what real use would have left. What is real and what is made
up stands in ``docs/demo.md``.
"""
