"""How places are given: rules, the lottery's commitment, rounds, overrides."""
