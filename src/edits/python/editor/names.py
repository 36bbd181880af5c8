"""Names of a module: which are free, and what an import calls a function."""


def stores(node):
    """The names that a node itself gives a meaning."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [(node.asname or node.name).partition(".")[0]]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        return [node.name] if node.name else []
    if type(node).__name__ in ("MatchAs", "MatchStar"):
        return [node.name] if node.name else []
    if type(node).__name__ == "MatchMapping":
        return [node.rest] if node.rest else []
    return []


def stored_names(node):
    """The names that are given a meaning somewhere in a tree, each as often as that is done."""
    return [name for one in ast.walk(node) for name in stores(one)]


def fresh(text, name, within=None):
    """A name that means nothing yet: within a function, or in the whole module."""
    node = within or text.tree
    taken = {*text.named, *stored_names(node)}
    taken.update(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
    for one in ast.walk(node):
        if isinstance(one, (ast.Global, ast.Nonlocal)):
            taken.update(one.names)
    number = 2
    free = name
    while free in taken:
        free = f"{name}{number}"
        number += 1
    text.named.add(free)
    return free


# Imports.


def import_of(text, module, name, node):
    """What a function of a module is called where a node stands, as `asyncio.gather`.

    An import is added where there is none that the node can see.
    """
    known = known_import(text, module, name, node)
    if known is not None:
        return known
    return text.imported.get((module, name)) or text.imported.setdefault((module, name), new_import(text, module, name))


def known_import(text, module, name, node):
    """What it is called by an import that a node can see; None where none is."""
    return next(known_imports(text, module, name, node), None)


def known_imports(text, module, name, node):
    package, _, inner = module.rpartition(".")
    for one in imports_before(text, node):
        for alias in one.names:
            known = alias.asname or alias.name
            if isinstance(one, ast.Import):
                if alias.name == module:
                    yield f"{only(text, known)}.{name}"
            elif one.module == module and alias.name in (name, "*"):
                yield only(text, known if alias.name == name else name)
            elif one.module == package and alias.name == inner:
                yield f"{only(text, known)}.{name}"


def new_import(text, module, name):
    for one in text.tree.body:
        if isinstance(one, ast.ImportFrom) and one.module == module and one.level == 0:
            if extend(text, one, name):
                return name
    if module not in text.imported:
        add_import(text, module)
    text.imported[module] = True
    return f"{module}.{name}"


def imports_before(text, node):
    """The imports whose names are known where a node stands; those that may not have run are left out."""
    line = node.lineno if function_of(text, node) is None else None
    for one in text.tree.body:
        if isinstance(one, (ast.Import, ast.ImportFrom)) and (line is None or one.lineno <= line):
            if isinstance(one, ast.Import) or one.level == 0:
                yield one
    for function in outward(text, node):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for one in function.body:
            if isinstance(one, (ast.Import, ast.ImportFrom)) and one.lineno <= node.lineno:
                if isinstance(one, ast.Import) or one.level == 0:
                    yield one


def only(text, known):
    """A name that an import gives, where nothing else in the module does."""
    first = known.partition(".")[0]
    others = [name for one in ast.walk(text.tree) if not isinstance(one, ast.alias) for name in stores(one)]
    if first in others:
        raise Refused(f"{first} means something else somewhere in that module")
    return known


def extend(text, statement, name):
    """Adds a name to a `from … import`."""
    if name in stored_names(text.tree):
        raise Refused(f"{name} means something else in that module")
    last = statement.names[-1]
    # Python 3.9 does not say where an alias stands.
    if hasattr(last, "end_lineno"):
        begins = text.starts[last.lineno - 1]
        margin = text.text[begins:text.start(last)]
        gap = f"{text.new_line(last.lineno)}{margin}" if margin.strip() == "" else " "
        text.insert(text.end(last), f",{gap}{name}")
        return True
    code = text.text[text.start(statement):text.end(statement)]
    if "(" in code:
        return False
    text.insert(text.end(statement), f", {name}")
    return True


def add_import(text, module):
    package = module.partition(".")[0]
    if package in stored_names(text.tree):
        raise Refused(f"{package} means something else in that module")
    body = text.tree.body
    head = 0 if ast.get_docstring(text.tree, clean=False) is None else 1
    while head < len(body) and isinstance(body[head], ast.ImportFrom) and body[head].module == "__future__":
        head += 1
    statement = f"import {module}"
    plain = []
    for one in body[head:]:
        if isinstance(one, ast.Import):
            plain.append(one)
        elif not isinstance(one, ast.ImportFrom) or plain:
            break
    later = next((one for one in plain if one.names[0].name > module), None)
    if later is not None:
        text.add_before(later, statement)
    elif plain:
        text.add_after(plain[-1], statement)
    elif head < len(body) and isinstance(body[head], ast.ImportFrom):
        text.add_before(body[head], statement)
    elif head > 0:
        text.add_after(body[head - 1], statement)
    else:
        text.add_before(body[0], statement)
