"""Trains a small neural network on scikit-learn's handwritten digits and prints its accuracy.

Every epoch prints one line, `epoch 3 accuracy=0.9512 loss=0.2104`, which is all that a tuner needs:
Katib's text format. The first line says how large the network is: `parameters=2410`. The same
arguments always give the same lines, trained at once or continued from a checkpoint. Without arguments the defaults below are used: a reasonable
start that nobody has tuned.
"""

import argparse
import importlib.util
import json
import os
import pathlib

# One thread: trials run beside each other, and these matrices are too small to share out.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

CLASSES = 10


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--hidden-units", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--activation", choices=["relu", "tanh", "sigmoid"], default="relu")
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--checkpoint", default="", help="a folder: go on from what is there, up to --epochs"
    )
    return parser.parse_args()


def load_digits():
    """The 1797 images (8 x 8 pixels, 0 to 1) and labels of sklearn.datasets.load_digits.

    Its file is read directly: importing scikit-learn takes longer than the training.
    """
    package = pathlib.Path(importlib.util.find_spec("sklearn").origin).parent
    data = np.loadtxt(package / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    return data[:, :-1] / 16.0, data[:, -1].astype(int)


def activate(name, x):
    """The activation and its derivative."""
    if name == "relu":
        return np.maximum(x, 0.0), (x > 0).astype(float)
    if name == "tanh":
        y = np.tanh(x)
        return y, 1.0 - y * y
    y = 1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0)))
    return y, y * (1.0 - y)


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


class Network:
    """One hidden layer, trained by stochastic gradient descent with momentum."""

    def __init__(self, inputs, arguments, random):
        self.options = arguments
        hidden = arguments.hidden_units
        self.weights = [
            random.standard_normal((inputs, hidden)) / np.sqrt(inputs),
            np.zeros(hidden),
            random.standard_normal((hidden, CLASSES)) / np.sqrt(hidden),
            np.zeros(CLASSES),
        ]
        self.velocities = [np.zeros_like(weight) for weight in self.weights]

    def predict(self, images):
        w1, b1, w2, b2 = self.weights
        hidden, slope = activate(self.options.activation, images @ w1 + b1)
        return softmax(hidden @ w2 + b2), hidden, slope

    def train_batch(self, images, targets):
        probabilities, hidden, slope = self.predict(images)
        w1, _, w2, _ = self.weights
        error = (probabilities - targets) / len(images)
        hidden_error = (error @ w2.T) * slope
        decay = self.options.weight_decay
        gradients = [
            images.T @ hidden_error + decay * w1,
            hidden_error.sum(axis=0),
            hidden.T @ error + decay * w2,
            error.sum(axis=0),
        ]
        for weight, velocity, gradient in zip(self.weights, self.velocities, gradients):
            velocity *= self.options.momentum
            velocity -= self.options.learning_rate * gradient
            weight += velocity


def load(path, network, random):
    """Makes the network and the random numbers what they were; returns the epochs trained."""
    with np.load(path) as saved:
        for i, arrays in enumerate(zip(network.weights, network.velocities)):
            for name, array in zip(("weight", "velocity"), arrays):
                array[...] = saved[f"{name}{i}"]
        random.bit_generator.state = json.loads(str(saved["random"]))
        return int(saved["epochs"])


def save(path, network, random, epochs):
    arrays = {"epochs": epochs, "random": json.dumps(random.bit_generator.state)}
    for i, (weight, velocity) in enumerate(zip(network.weights, network.velocities)):
        arrays |= {f"weight{i}": weight, f"velocity{i}": velocity}
    # Whoever is killed while writing leaves the old file.
    unfinished = path.with_suffix(".new.npz")
    np.savez(unfinished, **arrays)
    os.replace(unfinished, path)


def main():
    arguments = parse_arguments()
    random = np.random.default_rng(arguments.seed)
    images, labels = load_digits()
    # A fixed split, whatever the seed: accuracies of different trials are about the same images.
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[:1200], order[1200:]
    targets = np.eye(CLASSES)[labels]

    network = Network(images.shape[1], arguments, random)
    print(f"parameters={sum(weight.size for weight in network.weights)}", flush=True)
    path = pathlib.Path(arguments.checkpoint) / "state.npz" if arguments.checkpoint else None
    trained = load(path, network, random) if path and path.exists() else 0
    for epoch in range(trained + 1, arguments.epochs + 1):
        shuffled = random.permutation(train)
        for start in range(0, len(shuffled), arguments.batch_size):
            batch = shuffled[start : start + arguments.batch_size]
            network.train_batch(images[batch], targets[batch])
        probabilities, _, _ = network.predict(images[test])
        accuracy = np.mean(probabilities.argmax(axis=1) == labels[test])
        truth = np.clip(probabilities[np.arange(len(test)), labels[test]], 1e-12, 1.0)
        loss = -np.mean(np.log(truth))
        # Before the report: whoever stops the training then finds what was reported.
        if path:
            save(path, network, random, epoch)
        print(f"epoch {epoch} accuracy={accuracy:.4f} loss={loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
