"""Other optimisers behind one interface.

A peer is made for a search space (the "space" of `qalam bench serve`) and a seed, and always
minimises. Ordered lists are given to peers as the whole numbers 0 .. n-1, which is the best of the
ways in which they can be told of an order. Conditions, under which parameters exist, are told to
those that learn from them (TPE, SMAC, DEHB); others always have all parameters. Libraries are
imported when a peer is made, so those that are not installed do no harm.
"""

import math
import tempfile
import warnings


def parents_first(space):
    order = []
    while len(order) < len(space):
        names = {p["name"] for p in order}
        order += [p for p in space if p["name"] not in names
                  and ("condition" not in p or p["condition"]["parent"] in names)]
    return order


def exists(p, values):
    """Whether a parameter exists, given the values of those before it that do."""
    condition = p.get("condition")
    if condition is None:
        return True
    if condition["parent"] not in values:
        return False
    value = values[condition["parent"]]
    if "values" in condition:
        return str(value) in condition["values"]
    return condition.get("min", -math.inf) <= value <= condition.get("max", math.inf)


def category_condition(p, by_name):
    """The condition of a parameter, where it is on the value of a categorical one."""
    condition = p.get("condition")
    if condition is None or by_name[condition["parent"]]["type"] != "categorical":
        return None
    return condition


class Peer:
    """ask() gives {name: value} for all parameters that exist; tell() its loss, or None when it
    failed.

    Those that know several objectives and constraints are made with their numbers, too, and told
    by tell_all().
    """

    def __init__(self, space, seed, budget):
        self.space, self.seed, self.budget = space, seed, budget
        self.worst = -math.inf

    # The attribute that names the trial of the last ask(); of peers that know several at a time.
    trial_attribute = None

    def ask(self):
        raise NotImplementedError

    def tell(self, loss):
        """The result of the last ask()."""
        raise NotImplementedError

    # ---- Several trials at a time.

    def hold(self):
        """The trial of the last ask(), to be told of later."""
        return getattr(self, self.trial_attribute) if self.trial_attribute else None

    def resume(self, trial):
        """What is told next is about this trial."""
        if self.trial_attribute:
            setattr(self, self.trial_attribute, trial)

    # ---- Where there are learning curves; peers that know none train every trial in full.

    def steps(self, full):
        """The epochs, of `full` ones, after which the last ask() wants to know its loss."""
        return [full]

    def stops(self, epochs, loss):
        """Whether to give the trial up, which has come to this loss (None: it failed)."""
        return False

    def load(self, assignments, losses):
        """Adds a history of others' making, with a list of losses for each trial; False where the
        library cannot.
        """
        return False

    def finite(self, loss):
        """For libraries that know no failed trials: a failure counts as the worst so far."""
        if loss is None:
            return self.worst if math.isfinite(self.worst) else 1e6
        self.worst = max(self.worst, loss)
        return loss

    @staticmethod
    def decode_one(p, value):
        if p["type"] == "discrete":
            return p["list"][int(value)]
        if p["type"] == "int":
            return int(value)
        return float(value) if p["type"] == "double" else value

    def decode(self, values):
        """Whole numbers back to the values of ordered lists."""
        return {p["name"]: self.decode_one(p, values[p["name"]])
                for p in self.space if p["name"] in values}


class OptunaLike(Peer):
    """Optuna, and Rustuna, which has the same interface."""

    trial_attribute = "trial"

    def __init__(self, module, sampler, space, seed, budget, objectives=1):
        super().__init__(space, seed, budget)
        self.module = module
        # Others look only at parameters that all trials have.
        self.knows_conditions = type(sampler).__name__ in ("TPESampler", "RandomSampler")
        self.order = parents_first(space) if self.knows_conditions else space
        self.study = module.create_study(sampler=sampler, directions=["minimize"] * objectives)

    def suggest(self, trial, p):
        name, kind = p["name"], p["type"]
        if kind == "categorical":
            return trial.suggest_categorical(name, p["list"])
        if kind == "discrete":
            return trial.suggest_int(name, 0, len(p["list"]) - 1)
        if kind == "int":
            step = {"step": int(p["step"])} if "step" in p else {}
            return trial.suggest_int(name, int(p["min"]), int(p["max"]), log=p["log"], **step)
        step = {"step": p["step"]} if "step" in p else {}
        return trial.suggest_float(name, p["min"], p["max"], log=p["log"], **step)

    def distribution(self, p):
        kinds = self.module.distributions
        if p["type"] == "categorical":
            return kinds.CategoricalDistribution(p["list"])
        if p["type"] == "int":
            return kinds.IntDistribution(int(p["min"]), int(p["max"]), log=p["log"])
        return kinds.FloatDistribution(p["min"], p["max"], log=p["log"])

    def load(self, assignments, losses):
        distributions = {p["name"]: self.distribution(p) for p in self.space}
        for assignment, loss in zip(assignments, losses):
            self.study.add_trial(self.module.create_trial(
                params=assignment, distributions=distributions, values=loss))
        return True

    def ask(self):
        self.trial = self.study.ask()
        values = {}
        for p in self.order:
            if not self.knows_conditions or exists(p, values):
                values[p["name"]] = self.decode_one(p, self.suggest(self.trial, p))
        return values

    def tell(self, loss):
        if loss is None:
            self.study.tell(self.trial.number, state=self.module.trial.TrialState.FAIL)
        else:
            self.study.tell(self.trial.number, loss)

    def tell_all(self, losses, violations):
        if losses is None:
            return self.tell(None)
        self.trial.set_user_attr("violations", violations)
        return self.study.tell(self.trial.number, losses)


class OptunaPruned(OptunaLike):
    """Optuna with a pruner, which is told of each epoch, numbered from 0 as in its guide."""

    def __init__(self, module, sampler, pruner, space, seed, budget):
        super().__init__(module, sampler, space, seed, budget)
        self.study = module.create_study(sampler=sampler, pruner=pruner, study_name=f"run-{seed}")

    def ask(self):
        self.pruned = False
        return super().ask()

    def steps(self, full):
        return range(1, full + 1)

    def stops(self, epochs, loss):
        self.trial.report(math.nan if loss is None else loss, epochs - 1)
        self.pruned = self.trial.should_prune()
        return self.pruned

    def tell(self, loss):
        if self.pruned:
            self.study.tell(self.trial, state=self.module.trial.TrialState.PRUNED)
        else:
            super().tell(loss)


def optuna_pruned(sampler_name, pruner_name):
    """With default settings; `full` is told to the pruner that asks for the greatest resource."""

    def make(space, seed, budget, full):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        sampler = getattr(optuna.samplers, sampler_name)(seed=seed)
        settings = {"max_resource": full} if pruner_name == "HyperbandPruner" else {}
        pruner = getattr(optuna.pruners, pruner_name)(**settings)
        return OptunaPruned(optuna, sampler, pruner, space, seed, budget)

    return make


def optuna(sampler_name, **settings):
    def make(space, seed, budget, objectives=1, constraints=0):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        if constraints:
            settings["constraints_func"] = lambda trial: trial.user_attrs["violations"]
        sampler = getattr(optuna.samplers, sampler_name)(seed=seed, **settings)
        return OptunaLike(optuna, sampler, space, seed, budget, objectives)

    return make


def rustuna(sampler_name):
    def make(space, seed, budget, objectives=1, constraints=0):
        import rustuna

        if constraints:
            raise ValueError("rustuna is not told of constraints")
        sampler = getattr(rustuna.samplers, sampler_name)(seed=seed)
        return OptunaLike(rustuna, sampler, space, seed, budget, objectives)

    return make


class Hyperopt(Peer):
    trial_attribute = "doc"

    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import hyperopt

        self.hyperopt = hyperopt
        by_name = {p["name"]: p for p in space}
        self.condition = {p["name"]: category_condition(p, by_name) for p in space}
        self.nodes = {}
        self.tree = {p["name"]: self.node(p) for p in space if not self.condition[p["name"]]}
        self.domain = hyperopt.base.Domain(lambda values: 0, self.tree)
        self.trials = hyperopt.base.Trials()

    def node(self, p):
        if p["name"] not in self.nodes:  # a parameter may exist with several values of another
            self.nodes[p["name"]] = self.new_node(p)
        return self.nodes[p["name"]]

    def branch(self, p, value):
        """A category, and the parameters that exist with it."""
        below = {}
        for child in self.space:
            condition = self.condition[child["name"]]
            if condition and condition["parent"] == p["name"] and value in condition["values"]:
                below[child["name"]] = self.node(child)
        return {"value": value, "below": below}

    def flat(self, tree):
        values = {}
        for name, value in tree.items():
            if isinstance(value, dict):
                values.update(self.flat(value["below"]))
                value = value["value"]
            values[name] = value
        return values

    def new_node(self, p):
        hp, name, kind = self.hyperopt.hp, p["name"], p["type"]
        if kind == "categorical":
            return hp.choice(name, [self.branch(p, value) for value in p["list"]])
        if kind == "discrete":
            return hp.quniform(name, 0, len(p["list"]) - 1, 1)
        step = p.get("step", 1 if kind == "int" else None)
        low, high = p["min"], p["max"]
        if p["log"]:
            low, high = math.log(low), math.log(high)
            return hp.qloguniform(name, low, high, step) if step else hp.loguniform(name, low, high)
        return hp.quniform(name, low, high, step) if step else hp.uniform(name, low, high)

    def ask(self):
        ids = self.trials.new_trial_ids(1)
        seed = self.seed * 100003 + len(self.trials.trials)
        docs = self.hyperopt.tpe.suggest(ids, self.domain, self.trials, seed)
        self.trials.insert_trial_docs(docs)
        self.trials.refresh()
        self.doc = self.trials._dynamic_trials[-1]
        drawn = {key: value[0] for key, value in self.doc["misc"]["vals"].items() if value}
        values = self.flat(self.hyperopt.space_eval(self.tree, drawn))
        for p in self.space:  # rounding may leave the range
            if p["type"] in ("double", "int") and p["name"] in values:
                values[p["name"]] = min(max(values[p["name"]], p["min"]), p["max"])
        return self.decode(values)

    def tell(self, loss):
        self.doc["state"] = self.hyperopt.JOB_STATE_DONE
        status = self.hyperopt.STATUS_FAIL if loss is None else self.hyperopt.STATUS_OK
        self.doc["result"] = {"status": status, "loss": loss}
        self.trials.refresh()


class Skopt(Peer):
    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import skopt

        dimensions = []
        for p in space:
            if p["type"] == "categorical":
                dimensions.append(skopt.space.Categorical(p["list"]))
            elif p["type"] == "discrete":
                dimensions.append(skopt.space.Integer(0, len(p["list"]) - 1))
            else:
                prior = "log-uniform" if p["log"] else "uniform"
                kind = skopt.space.Integer if p["type"] == "int" else skopt.space.Real
                dimensions.append(kind(p["min"], p["max"], prior=prior))
        self.optimizer = skopt.Optimizer(dimensions, random_state=seed)

    def ask(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.point = self.optimizer.ask()
        return self.decode({p["name"]: v for p, v in zip(self.space, self.point)})

    def tell(self, loss):
        # The model is fitted here, so the time of tell counts, too.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.optimizer.tell(self.point, self.finite(loss))


def configuration_space(space, seed):
    """Of ConfigSpace, which SMAC and DEHB use."""
    import ConfigSpace

    def hyperparameter(p):
        name = p["name"]
        if p["type"] == "categorical":
            return ConfigSpace.CategoricalHyperparameter(name, p["list"])
        if p["type"] == "discrete":
            return ConfigSpace.UniformIntegerHyperparameter(name, 0, len(p["list"]) - 1)
        if p["type"] == "int":
            return ConfigSpace.UniformIntegerHyperparameter(name, int(p["min"]), int(p["max"]),
                                                            log=p["log"])
        return ConfigSpace.UniformFloatHyperparameter(name, p["min"], p["max"], log=p["log"])

    configurations = ConfigSpace.ConfigurationSpace(seed=seed)
    made = {p["name"]: hyperparameter(p) for p in space}
    configurations.add(made.values())
    by_name = {p["name"]: p for p in space}
    for p in space:
        if condition := category_condition(p, by_name):
            configurations.add(ConfigSpace.InCondition(
                made[p["name"]], made[condition["parent"]], condition["values"]))
    return configurations


class Smac(Peer):
    def __init__(self, facade, space, seed, budget, target=lambda config, seed=0: 0.0, **budgets):
        super().__init__(space, seed, budget)
        import smac

        self.folder = tempfile.TemporaryDirectory()
        scenario = smac.Scenario(configuration_space(space, seed), deterministic=True,
                                 n_trials=budgets.pop("n_trials", budget), seed=seed,
                                 output_directory=self.folder.name, **budgets)
        self.optimizer = getattr(smac, facade)(scenario, target, overwrite=True,
                                               logging_level=False)

    def ask(self):
        self.info = self.optimizer.ask()
        return self.decode(dict(self.info.config))

    def tell(self, loss):
        from smac.runhistory.dataclasses import TrialValue
        from smac.runhistory.enumerations import StatusType

        status = StatusType.CRASHED if loss is None else StatusType.SUCCESS
        self.optimizer.tell(self.info, TrialValue(cost=self.finite(loss), status=status))


class SmacFidelity(Smac):
    """SMAC's multi-fidelity facade: a random forest in the brackets of Hyperband."""

    def __init__(self, space, seed, budget, full):
        from smac.intensifier.hyperband_utils import get_n_trials_for_hyperband_multifidelity

        # Twice what they would cost anew: who goes on pays less.
        n_trials = 2 * get_n_trials_for_hyperband_multifidelity(
            total_budget=budget * full, min_budget=1, max_budget=full, eta=3, print_summary=False)
        super().__init__("MultiFidelityFacade", space, seed, budget,
                         lambda config, seed=0, budget=0.0: 0.0, n_trials=n_trials, min_budget=1,
                         max_budget=full)

    def steps(self, full):
        return [min(full, max(1, round(self.info.budget)))]


class Dehb(Peer):
    """The implementation of DEHB's authors."""

    def __init__(self, space, seed, budget, full):
        super().__init__(space, seed, budget)
        import dehb

        self.folder = tempfile.TemporaryDirectory()
        self.optimizer = dehb.DEHB(cs=configuration_space(space, seed), min_fidelity=1,
                                   max_fidelity=full, eta=3, seed=seed, n_workers=1,
                                   output_path=self.folder.name, log_level="ERROR")

    def ask(self):
        self.job = self.optimizer.ask()
        return self.decode(dict(self.job["config"]))

    def steps(self, full):
        return [min(full, max(1, round(self.job["fidelity"])))]

    def tell(self, loss):
        self.optimizer.tell(self.job, {"fitness": self.finite(loss), "cost": self.job["fidelity"]})


class Ax(Peer):
    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import ax

        self.client = ax.Client(random_seed=seed)
        parameters = []
        for p in space:
            if p["type"] == "categorical":
                parameters.append(ax.ChoiceParameterConfig(
                    name=p["name"], values=p["list"], parameter_type="str", is_ordered=False))
                continue
            low, high = (0, len(p["list"]) - 1) if p["type"] == "discrete" else (p["min"], p["max"])
            kind = "float" if p["type"] == "double" else "int"
            scaling = "log" if p.get("log") else "linear"
            bounds = (low, high) if kind == "float" else (int(low), int(high))
            parameters.append(ax.RangeParameterConfig(
                name=p["name"], bounds=bounds, parameter_type=kind, scaling=scaling))
        self.client.configure_experiment(parameters=parameters)
        self.client.configure_optimization(objective="-loss")

    def ask(self):
        ((self.index, values),) = self.client.get_next_trials(max_trials=1).items()
        return self.decode(values)

    def tell(self, loss):
        if loss is None:
            self.client.mark_trial_failed(trial_index=self.index)
        else:
            self.client.complete_trial(trial_index=self.index, raw_data={"loss": loss})


class Hebo(Peer):
    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import numpy
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        numpy.random.seed(seed)
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self.numpy = numpy
        self.optimizer = HEBO(DesignSpace().parse([self.entry(p) for p in space]),
                              scramble_seed=seed)

    def entry(self, p):
        if p["type"] == "categorical":
            return {"name": p["name"], "type": "cat", "categories": p["list"]}
        if p["type"] == "discrete":
            return {"name": p["name"], "type": "int", "lb": 0, "ub": len(p["list"]) - 1}
        kind = {(True, True): "pow_int", (True, False): "int", (False, True): "pow",
                (False, False): "num"}[(p["type"] == "int", p["log"])]
        return {"name": p["name"], "type": kind, "lb": p["min"], "ub": p["max"]}

    def ask(self):
        self.frame = self.optimizer.suggest(n_suggestions=1)
        return self.decode(self.frame.iloc[0].to_dict())

    def tell(self, loss):
        self.optimizer.observe(self.frame, self.numpy.array([[self.finite(loss)]]))


class Vizier(Peer):
    """The default algorithm of Vizier, a Gaussian process bandit, without its service."""

    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import jax

        jax.config.update("jax_enable_x64", True)  # with 32 bits its models come to NaN
        from vizier import algorithms
        from vizier import pyvizier as vz
        from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

        self.vz, self.algorithms, self.number = vz, algorithms, 0
        problem = vz.ProblemStatement()
        for p in space:
            self.add(problem.search_space.root, p)
        problem.metric_information.append(
            vz.MetricInformation("loss", goal=vz.ObjectiveMetricGoal.MINIMIZE))
        self.designer = VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(seed))

    def add(self, root, p):
        if p["type"] == "categorical":
            root.add_categorical_param(p["name"], p["list"])
        elif p["type"] == "discrete":
            root.add_int_param(p["name"], 0, len(p["list"]) - 1)
        else:
            scale = self.vz.ScaleType.LOG if p["log"] else self.vz.ScaleType.LINEAR
            add = root.add_int_param if p["type"] == "int" else root.add_float_param
            low, high = (int(p["min"]), int(p["max"])) if p["type"] == "int" else (p["min"],
                                                                                  p["max"])
            add(p["name"], low, high, scale_type=scale)

    def ask(self):
        self.number += 1
        self.trial = self.designer.suggest(1)[0].to_trial(self.number)
        return self.decode(self.trial.parameters.as_dict())

    def tell(self, loss):
        if loss is None:
            self.trial.complete(self.vz.Measurement(), infeasibility_reason="failed")
        else:
            self.trial.complete(self.vz.Measurement({"loss": loss}))
        self.designer.update(self.algorithms.CompletedTrials([self.trial]),
                             self.algorithms.ActiveTrials())


class Dlib(Peer):
    """dlib's global search: LIPO with a trust region. It knows numbers only."""

    def __init__(self, space, seed, budget):
        super().__init__(space, seed, budget)
        import dlib

        if any(p["type"] == "categorical" for p in space):
            raise ValueError("dlib knows no categories")
        low, high, whole = zip(*(self.range(p) for p in space))
        self.search = dlib.global_function_search(
            dlib.function_spec(list(low), list(high), list(whole)))
        self.search.set_seed(seed)
        self.search.set_solver_epsilon(0)

    @staticmethod
    def range(p):
        """Least, greatest, whether it is a whole number; logarithms where the scale is one."""
        if p["type"] == "discrete":
            return 0.0, len(p["list"]) - 1.0, True
        if p["log"]:
            return math.log(p["min"]), math.log(p["max"]), False
        return float(p["min"]), float(p["max"]), p["type"] == "int"

    def value(self, p, x):
        if p["type"] != "discrete" and p["log"]:
            x = min(max(math.exp(x), p["min"]), p["max"])
        return round(x) if p["type"] == "int" else x

    def ask(self):
        self.request = self.search.get_next_x()
        return self.decode({p["name"]: self.value(p, x) for p, x in
                            zip(self.space, self.request.x)})

    def tell(self, loss):
        self.request.set(-self.finite(loss))


# name: (the package whose version is noted, how it is made)
PEERS = {
    "optuna-random": ("optuna", optuna("RandomSampler")),
    "optuna-tpe": ("optuna", optuna("TPESampler")),
    "optuna-gp": ("optuna", optuna("GPSampler")),
    "optuna-cmaes": ("optuna", optuna("CmaEsSampler")),
    "optuna-qmc": ("optuna", optuna("QMCSampler")),
    "optuna-nsga2": ("optuna", optuna("NSGAIISampler")),
    "optuna-nsga3": ("optuna", optuna("NSGAIIISampler")),
    "optuna-random+median": ("optuna", optuna_pruned("RandomSampler", "MedianPruner")),
    "optuna-random+halving": ("optuna", optuna_pruned("RandomSampler", "SuccessiveHalvingPruner")),
    "optuna-random+hyperband": ("optuna", optuna_pruned("RandomSampler", "HyperbandPruner")),
    "optuna-tpe+median": ("optuna", optuna_pruned("TPESampler", "MedianPruner")),
    "optuna-tpe+halving": ("optuna", optuna_pruned("TPESampler", "SuccessiveHalvingPruner")),
    "optuna-tpe+hyperband": ("optuna", optuna_pruned("TPESampler", "HyperbandPruner")),
    "rustuna-tpe": ("rustuna", rustuna("TPESampler")),
    "rustuna-cmaes": ("rustuna", rustuna("CmaEsSampler")),
    "rustuna-nsga2": ("rustuna", rustuna("NSGAIISampler")),
    "hyperopt-tpe": ("hyperopt", Hyperopt),
    "skopt-gp": ("scikit-optimize", Skopt),
    "smac-bb": ("smac", lambda *a: Smac("BlackBoxFacade", *a)),
    "smac-hpo": ("smac", lambda *a: Smac("HyperparameterOptimizationFacade", *a)),
    "smac-mf": ("smac", SmacFidelity),
    "automl-dehb": ("dehb", Dehb),
    "ax": ("ax-platform", Ax),
    "hebo": ("HEBO", Hebo),
    "dlib": ("dlib-bin", Dlib),
    "vizier-gp": ("google-vizier", Vizier),
}

# Those that are made for learning curves, and are told how long a whole training is.
CURVE_PEERS = [name for name in PEERS if "+" in name] + ["smac-mf", "automl-dehb"]
