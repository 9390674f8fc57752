"""Files of one folder that call each other in a circle. Only the compiled objects tell."""
import os

from . import tables
from .symbols import read_objects
from .tree import Finding


def calls(objects):
    """{file: {file that it calls: a name that it calls there}}"""
    homes = {name: member for member, (defined, _) in objects.items() for name in defined}
    return {
        member: {homes[name]: name for name in sorted(wanted, reverse=True) if homes.get(name, member) != member}
        for member, (_, wanted) in objects.items()
    }


def reachable(graph, start):
    todo, seen = list(graph.get(start, ())), set()
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo.extend(graph.get(at, ()))
    return seen


def circles(graph):
    """Sets of files, each of which reaches all of its set."""
    reach = {member: reachable(graph, member) for member in graph}
    return {frozenset(x for x in reach[m] if m in reach.get(x, ())) for m in graph if m in reach[m]}


def check(tree, build):
    if not os.path.isfile(os.path.join(build, "CMakeCache.txt")):
        return  # noted where symbols are checked
    for folder, (floor, _) in tables.FOLDERS.items():
        path = os.path.join(build, "src", floor, folder, f"libpl_{folder}.a")
        if folder in tables.MAY_CIRCLE or not os.path.isfile(path):
            continue
        graph = calls(read_objects(path))
        for circle in circles(graph):
            first = min(circle)
            where = f"src/{floor}/{folder}/{first}"
            words = ", ".join(f"{a} calls {graph[a][b]} of {b}" for a in sorted(circle)
                              for b in sorted(circle.intersection(graph[a])))
            yield Finding(where if where in tree.paths else f"src/{floor}/{folder}/CMakeLists.txt", 1, "circle",
                          f"files call each other in a circle: {words}; put what both need below both")
