def test_x(compose, make_settings):
    for env in ("staging","prod","dev"):
        g = compose(make_settings(env))
        print(env, len(g.resources))
        for r in g.resources:
            print(r.type, r.name, r.protect, r.urn.split("::")[-2])
