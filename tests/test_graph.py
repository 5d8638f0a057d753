"""A Graph is a networkx graph: networkx's own functions give what they give for a plain copy."""

import copy
import io
import json
import pickle
import warnings

import networkx as nx
import numpy as np
import pytest

import graphc
from graphc.graph import to_program

TEXT = '''"""A model with everything."""
a: input
x: input[3]
u: data = 2
def square(z): return z * z
r = square(x[0]) + square(x[1])
w = sqrt(r) if a > 0 else x[2] / u
e: output = w * exp(-a) + w
s: output = sin(r) + 3 * a + e
'''


@pytest.fixture(scope="module")
def graph():
    return graphc.parse(TEXT)


@pytest.fixture(scope="module")
def plain(graph):
    return nx.DiGraph(graph)


def node(graph, name: str) -> int:
    return next(i for i in graph if graph.nodes[i]["name"] == name)


# --- networkx's read-only interface -------------------------------------------------------


def ends(g):
    return node(g, "a"), node(g, "s")


def text_drawing(g):
    stream = io.StringIO()
    nx.write_network_text(g, stream)
    return stream.getvalue()


FUNCTIONS = {
    "len": len,
    "iteration": list,
    "sizes": lambda g: (g.number_of_nodes(), g.number_of_edges(), g.size(), g.order()),
    "contains": lambda g: (0 in g, 10**6 in g, -1 in g, "a" in g, [1] in g, np.int64(1) in g),
    "has": lambda g: (g.has_node(1), g.has_edge(0, 1), g.has_edge(*next(iter(g.edges)))),
    "nodes": lambda g: list(g.nodes),
    "nodes data": lambda g: list(map(str, g.nodes(data=True))),
    "nodes one attribute": lambda g: list(g.nodes(data="op", default="none")),
    "nodes unknown attribute": lambda g: dict(g.nodes(data="colour", default=1)),
    "get_node_attributes": lambda g: nx.get_node_attributes(g, "name"),
    "edges": lambda g: list(g.edges),
    "edges data": lambda g: [(u, v, dict(d)) for u, v, d in g.edges(data=True)],
    "edges of some": lambda g: list(g.edges([0, 1, 2])),
    "in_edges": lambda g: list(g.in_edges),
    "out_edges": lambda g: list(g.out_edges(0)),
    "adjacency": lambda g: [(u, dict(d)) for u, d in g.adjacency()],
    "adj": lambda g: [list(g.adj[u]) for u in g],
    "getitem": lambda g: [dict(g[u]) for u in g],
    "successors": lambda g: [list(g.successors(u)) for u in g],
    "predecessors": lambda g: [list(g.predecessors(u)) for u in g],
    "neighbors": lambda g: [list(nx.all_neighbors(g, u)) for u in g],
    "degree": lambda g: (dict(g.degree), dict(g.in_degree), dict(g.out_degree)),
    "degree weight": lambda g: (g.degree(0), g.in_degree(5), g.out_degree(0, weight="w")),
    "degree_histogram": nx.degree_histogram,
    "density": nx.density,
    "nbunch_iter": lambda g: list(g.nbunch_iter([0, 3, 999])),
    "is_directed": lambda g: (g.is_directed(), g.is_multigraph(), nx.is_weighted(g)),
    "topological_sort": lambda g: list(nx.topological_sort(g)),
    "topological_generations": lambda g: list(map(sorted, nx.topological_generations(g))),
    "lexicographical": lambda g: list(nx.lexicographical_topological_sort(g)),
    "lexicographical key": lambda g: list(
        nx.lexicographical_topological_sort(g, key=lambda i: (g.nodes[i]["op"], i))
    ),
    "is_dag": nx.is_directed_acyclic_graph,
    "ancestors": lambda g: nx.ancestors(g, ends(g)[1]),
    "descendants": lambda g: nx.descendants(g, ends(g)[0]),
    "all_simple_paths": lambda g: list(nx.all_simple_paths(g, *ends(g))),
    "has_path": lambda g: (nx.has_path(g, *ends(g)), nx.has_path(g, *ends(g)[::-1])),
    "shortest_path": lambda g: nx.shortest_path(g, *ends(g)),
    "shortest_path_length": lambda g: dict(nx.single_source_shortest_path_length(g, 0)),
    "dijkstra": lambda g: nx.dijkstra_path(g, *ends(g), weight=lambda u, v, d: v - u),
    "dag_longest_path": nx.dag_longest_path,
    "dag_longest_path_length": nx.dag_longest_path_length,
    "transitive_reduction": lambda g: sorted(nx.transitive_reduction(g).edges),
    "transitive_closure": lambda g: sorted(nx.transitive_closure_dag(g).edges),
    "antichains": lambda g: sum(1 for _ in zip(range(200), nx.antichains(g), strict=False)),
    "dfs": lambda g: list(nx.dfs_preorder_nodes(g, 0)),
    "dfs postorder": lambda g: list(nx.dfs_postorder_nodes(g)),
    "bfs": lambda g: list(nx.bfs_edges(g, 0)),
    "bfs layers": lambda g: list(nx.bfs_layers(g, [0])),
    "node_link_data": lambda g: json.dumps(nx.node_link_data(g)["edges"]),
    "to_dict_of_lists": nx.to_dict_of_lists,
    "to_dict_of_dicts": lambda g: {u: dict(d) for u, d in nx.to_dict_of_dicts(g).items()},
    "to_edgelist": lambda g: [(u, v) for u, v, _ in nx.to_edgelist(g)],
    "adjacency_matrix": lambda g: nx.adjacency_matrix(g).toarray().tolist(),
    "to_numpy_array": lambda g: nx.to_numpy_array(g).tolist(),
    "adjacency_data": lambda g: nx.adjacency_data(g)["adjacency"],
    "generate_adjlist": lambda g: list(nx.generate_adjlist(g)),
    "generate_edgelist": lambda g: list(nx.generate_edgelist(g, data=False)),
    "weakly_connected": lambda g: list(map(sorted, nx.weakly_connected_components(g))),
    "strongly_connected": lambda g: sorted(map(sorted, nx.strongly_connected_components(g))),
    "condensation": lambda g: nx.condensation(g).number_of_nodes(),
    "immediate_dominators": lambda g: nx.immediate_dominators(g, 0),
    "dominance_frontiers": lambda g: nx.dominance_frontiers(g, 0),
    "pagerank": lambda g: {i: round(p, 12) for i, p in nx.pagerank(g).items()},
    "betweenness": lambda g: {i: round(p, 12) for i, p in nx.betweenness_centrality(g).items()},
    "number_of_edges": nx.number_of_edges,
    "network_text": text_drawing,
    "generate_gml": lambda g: list(nx.generate_gml(g, stringizer=str))[-3:],
    "isolates": lambda g: list(nx.isolates(g)),
    "circular_layout": lambda g: sorted(nx.circular_layout(g)),
    "could_be_isomorphic": lambda g: nx.faster_could_be_isomorphic(g, g),
    "simple_cycles": lambda g: list(nx.simple_cycles(g)),
    "lowest_common_ancestor": lambda g: nx.lowest_common_ancestor(g, len(g) - 1, len(g) - 2),
    "subgraph nodes": lambda g: sorted(g.subgraph([0, 1, 5, 6]).nodes),
    "subgraph edges": lambda g: sorted(g.subgraph(nx.ancestors(g, ends(g)[1])).edges),
    "edge_subgraph": lambda g: sorted(g.edge_subgraph(list(g.edges)[:4]).edges),
    "subgraph_view": lambda g: list(
        nx.subgraph_view(g, filter_node=lambda i: g.nodes[i]["op"] != "const")
    ),
    "reverse": lambda g: sorted(g.reverse(copy=True).edges),
    "reverse view": lambda g: sorted(g.reverse(copy=False).edges),
    "reverse view order": lambda g: list(nx.topological_sort(g.reverse(copy=False))),
    "copy": lambda g: sorted(g.copy().edges),
    "to_undirected": lambda g: sorted(map(sorted, g.to_undirected().edges)),
    "to_undirected view": lambda g: len(g.to_undirected(as_view=True).edges),
    "to_directed": lambda g: list(g.to_directed().edges),
    "relabel": lambda g: sorted(nx.relabel_nodes(g, lambda i: i + 100).edges),
    "relabel names": lambda g: sorted(nx.convert_node_labels_to_integers(g, 1).edges),
    "compose": lambda g: sorted(nx.compose(nx.DiGraph(g), nx.DiGraph(g)).edges),
    "union": lambda g: len(nx.disjoint_union(g, g)),
    "difference": lambda g: nx.difference(g, g).number_of_edges(),
    "quotient_graph": lambda g: len(nx.quotient_graph(g, lambda u, v: u % 2 == v % 2)),
    "hash": lambda g: nx.weisfeiler_lehman_graph_hash(g, node_attr="op"),
    "descendants_at_distance": lambda g: sorted(nx.descendants_at_distance(g, 0, 2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_as_for_a_plain_graph(name, graph, plain):
    function = FUNCTIONS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning, UserWarning))
        assert function(graph) == function(plain)


def test_equal_to_the_plain_copy(graph, plain):
    assert isinstance(graph, nx.DiGraph)
    assert type(plain) is nx.DiGraph
    assert nx.utils.graphs_equal(graph, plain)
    assert nx.utils.graphs_equal(graph, graph.copy())
    assert nx.utils.edges_equal(graph.edges, plain.edges, directed=True)
    assert nx.utils.nodes_equal(graph.nodes, plain.nodes)


def test_what_is_missing_raises_the_same(graph, plain):
    for g in (graph, plain):
        with pytest.raises(nx.NetworkXError, match="The node 999 is not in the digraph"):
            list(g.successors(999))
        for missing in (999, -1, "a", 0.5):
            with pytest.raises(KeyError):
                g.nodes[missing]
            with pytest.raises(KeyError):
                g[missing]
        with pytest.raises(KeyError):
            g.edges[0, 999]


def test_json_and_back(graph):
    """Through the standard node-link form, to an equal program."""
    data = json.loads(json.dumps(nx.node_link_data(graph, edges="edges"), default=list))
    back = nx.node_link_graph(data, edges="edges")
    assert sorted(back.edges) == sorted(graph.edges)
    program = to_program(back)
    assert list(program.outputs) == ["e", "s"]
    assert list(program.inputs) == list(graph.program.inputs)
    assert program.inputs["u"].default == 2
    assert len(program) == len(graph)


# --- read-only ----------------------------------------------------------------------------

MUTATIONS = {
    "add_node": lambda g: g.add_node(1000),
    "add_nodes_from": lambda g: g.add_nodes_from([1000]),
    "remove_node": lambda g: g.remove_node(0),
    "remove_nodes_from": lambda g: g.remove_nodes_from([0]),
    "add_edge": lambda g: g.add_edge(0, 1),
    "add_edges_from": lambda g: g.add_edges_from([(0, 1)]),
    "add_weighted_edges_from": lambda g: g.add_weighted_edges_from([(0, 1, 2.0)]),
    "remove_edge": lambda g: g.remove_edge(*next(iter(g.edges))),
    "remove_edges_from": lambda g: g.remove_edges_from(list(g.edges)),
    "update": lambda g: g.update(nodes=[1000]),
    "clear": lambda g: g.clear(),
    "clear_edges": lambda g: g.clear_edges(),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutation_is_refused(name, graph, plain):
    with pytest.raises(nx.NetworkXError, match=r"(?i)frozen graph"):
        MUTATIONS[name](graph)
    assert nx.is_frozen(graph)
    assert nx.utils.graphs_equal(graph, plain)


def test_attributes_are_read_only(graph):
    with pytest.raises(TypeError, match="a Graph is read-only"):
        graph.nodes[0]["op"] = "sub"
    with pytest.raises(TypeError, match="a Graph is read-only"):
        graph.edges[next(iter(graph.edges))]["weight"] = 1
    with pytest.raises(TypeError, match="a Graph is read-only"):
        nx.set_node_attributes(graph, 1, "colour")


@pytest.mark.parametrize(
    "derive",
    [
        nx.DiGraph,
        lambda g: g.copy(),
        lambda g: g.subgraph([0, 1, 2]).copy(),
        lambda g: g.reverse(),
        lambda g: g.to_undirected(),
        lambda g: nx.relabel_nodes(g, {0: 500}),
        copy.copy,
    ],
)
def test_copies_are_mutable(derive, graph, plain):
    changed = derive(graph)
    if nx.is_frozen(changed):  # copy.copy shares the columns, so it is as read-only
        assert derive is copy.copy
        return
    changed.add_node(1000, op="const", colour="red")
    changed.add_edge(0, 1000, weight=3)
    changed.nodes[1]["colour"] = "blue"
    changed.remove_node(2)
    assert changed.nodes[1000]["op"] == "const"
    assert nx.utils.graphs_equal(graph, plain)
    assert "colour" not in graph.nodes[1]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_copied_whole(again, graph):
    """Pickled and deep-copied graphs are equal, and frozen as the original is."""
    twin = again(graph)
    assert type(twin) is graphc.Graph
    assert nx.utils.graphs_equal(twin, graph)
    assert twin.graph == graph.graph
    assert nx.is_frozen(twin)
    mutable = again(graph.copy())
    assert nx.utils.graphs_equal(mutable, graph)
    mutable.add_node(1000)
    assert 1000 not in graph


# --- what the nodes say -------------------------------------------------------------------


def test_one_node_for_the_same_operation():
    graph = graphc.parse("p = sin(x) * y\nq = y * sin(x) + sin(x)\nr: output = p + q")
    ops = [data["op"] for _, data in graph.nodes(data=True)]
    assert ops.count("sin") == ops.count("mul") == 1
    square = graphc.parse("y = x * x")
    assert square.number_of_edges() == 1
    assert square.nodes[1]["args"] == (0, 0)


def test_metadata(graph):
    e = graph.nodes[graph.graph["outputs"]["e"]]
    assert (e["op"], e["name"], e["shape"], e["value"]) == ("add", "e", (), None)
    assert e["origin"] == ("<string>", 8, 25)
    leaves = {data["value"]: data["op"] for _, data in graph.nodes(data=True) if not data["args"]}
    assert {"a": "input", "x[0]": "input", "u": "input", 3: "const"}.items() <= leaves.items()
    for i, data in graph.nodes(data=True):
        assert set(data) == {"op", "args", "value", "name", "shape", "origin"}
        assert set(data["args"]) == set(graph.predecessors(i))
        assert all(a < i for a in data["args"])


def test_graph_attributes(graph):
    assert graph.graph["doc"] == "A model with everything."
    assert list(graph.graph["outputs"]) == ["e", "s"]
    assert graph.graph["inputs"] == {
        "a": {"size": None, "active": True, "default": None},
        "x": {"size": 3, "active": True, "default": None},
        "u": {"size": None, "active": False, "default": 2},
    }
    assert graph.graph["derivatives"] == {}


def test_names_and_origins_from_a_file(tmp_path):
    path = tmp_path / "model.expr"
    path.write_text("r = x * y\n\ne = sin(r) + \\\n    r\n")
    graph = graphc.load(path, products=["value"]).graph
    origins = {d["name"]: d["origin"] for _, d in graph.nodes(data=True) if d["name"]}
    assert origins["r"] == (str(path), 1, 7)
    assert origins["e"] == (str(path), 3, 12)
    assert origins["x"] == (str(path), 1, 5)


def test_derivatives_are_nodes():
    model = graphc.compile("c = a + b\nd = b + 1\ne = c * d * d")
    graph = model.graph
    names = {data["name"] for _, data in graph.nodes(data=True)}
    assert {"c", "d", "e", "de_dc", "de_dd", "de_db"} <= names
    found = graph.graph["derivatives"]
    assert set(found) == {"de_da", "de_db"}
    assert nx.has_path(graph, node(graph, "d"), found["de_db"])
    sympy = graph.to_sympy("e")
    assert str(sympy.expand()) == "a*b**2 + 2*a*b + a + b**3 + 2*b**2 + b"


def test_derived_nodes_inherit_the_origin():
    graph = graphc.compile("r = x * y\ne = sin(r)\n").graph
    derived = [d for _, d in graph.nodes(data=True) if d["op"] == "cos"]
    assert [d["origin"] for d in derived] == [("<string>", 2, 5)]
    for _, data in graph.nodes(data=True):
        if data["args"]:
            assert data["origin"] is not None


def test_program_of_copies(graph):
    """Copies, which are changed by hand, are read back into a program."""
    program = graph.copy().program
    assert program.outputs.keys() == graph.program.outputs.keys()
    assert len(program) == len(graph)
    assert graph.program is graph.program
    with pytest.raises(graphc.OptionError, match="is not in the graph"):
        _ = graph.subgraph([node(graph, "e")]).program


def test_to_sympy(graph):
    assert str(graph.to_sympy("r")) == "x[0]**2 + x[1]**2"
    with pytest.raises(graphc.OptionError, match="'rr' is not defined"):
        graph.to_sympy("rr")


def test_from_sympy():
    import sympy

    a, b = sympy.symbols("a b", real=True)
    graph = graphc.from_sympy({"e": (a + b) * (b + 1)})
    assert isinstance(graph, graphc.Graph)
    assert sympy.expand(graph.to_sympy("e") - (a + b) * (b + 1)) == 0
    assert list(graph.graph["inputs"]) == ["a", "b"]


def test_empty_and_from_data():
    """networkx makes graphs of our type without a program: they are ordinary."""
    empty = graphc.Graph()
    assert len(empty) == 0
    empty.add_edge(0, 1)
    assert list(graphc.Graph(nx.path_graph(3, create_using=nx.DiGraph)).edges) == [(0, 1), (1, 2)]
    assert graphc.Graph(name="mine").graph["name"] == "mine"


def test_making_a_view_does_not_depend_on_the_size():
    """No column is copied: only what networkx asks for is made."""
    program = graphc.parse("y = " + " + ".join(f"x{k} * x{k + 1}" for k in range(3000))).program
    graph = graphc.Graph(program)
    assert graph._adj._get._users is None
    assert len(list(nx.topological_sort(graph))) == len(program)
    assert graph._adj._get._users is not None
