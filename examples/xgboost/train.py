"""Trains gradient-boosted trees on scikit-learn's breast cancer data.

Prints three metrics a round: `round=3 validation-auc=0.98 train-auc=0.99 logloss=0.21`. A tuner
keeps the best or the latest value of each, as the experiment says.
"""

import argparse

import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eta", type=float, default=0.3)
    parser.add_argument("--max-depth", type=int, default=6)
    parser.add_argument("--subsample", type=float, default=1.0)
    parser.add_argument("--min-child-weight", type=float, default=1.0)
    parser.add_argument("--booster", choices=["gbtree", "dart"], default="gbtree")
    parser.add_argument("--rounds", type=int, default=25)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    data = load_breast_cancer()
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, data.target, test_size=0.4, random_state=0, stratify=data.target
    )
    train = xgboost.DMatrix(train_x, label=train_y, nthread=1)
    test = xgboost.DMatrix(test_x, label=test_y, nthread=1)
    booster = xgboost.Booster(
        {
            "objective": "binary:logistic",
            "eval_metric": ["auc", "logloss"],
            "eta": arguments.eta,
            "max_depth": arguments.max_depth,
            "subsample": arguments.subsample,
            "min_child_weight": arguments.min_child_weight,
            "booster": arguments.booster,
            "nthread": 1,
            "seed": 1,
        },
        [train, test],
    )
    for index in range(arguments.rounds):
        booster.update(train, index)
        # "[3]\ttrain-auc:0.99\ttrain-logloss:0.1\ttest-auc:0.98\ttest-logloss:0.2"
        fields = booster.eval_set([(train, "train"), (test, "test")], index).split("\t")[1:]
        values = {name: float(value) for name, value in (field.split(":") for field in fields)}
        print(
            f"round={index} validation-auc={values['test-auc']:.5f} "
            f"train-auc={values['train-auc']:.5f} logloss={values['test-logloss']:.5f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
