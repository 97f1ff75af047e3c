"""Trains a small neural network on handwritten digits for some epochs, and can be continued.

A run begins where the file in `--checkpoint` ends, if there is one, and leaves its own there: the
weights, their velocities, and how many epochs they have been trained. Every epoch prints one line,
`epoch 3 loss=0.3104 accuracy=0.9012`, about images that it is not trained with.

Only 300 of the 1797 images are for training, as where data is dear: how fast to learn, and how much
noise to add against learning by heart, are to be different at the beginning and at the end.
"""

import argparse
import importlib.util
import os
import pathlib

# One thread: trials run beside each other, and these matrices are too small to share out.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

CLASSES = 10
HIDDEN = 64
BATCH = 20
TRAINING_IMAGES = 300


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learning-rate", type=float, default=0.1)
    # Multiplies the learning rate after every epoch: a fixed schedule.
    parser.add_argument("--decay", type=float, default=1.0)
    parser.add_argument("--momentum", type=float, default=0.5)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--checkpoint", default="", help="a folder")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def load_digits():
    """The images (8 x 8 pixels, 0 to 1) and labels of sklearn.datasets.load_digits.

    Its file is read directly: importing scikit-learn takes longer than the training.
    """
    package = pathlib.Path(importlib.util.find_spec("sklearn").origin).parent
    data = np.loadtxt(package / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    return data[:, :-1] / 16.0, data[:, -1].astype(int)


def new_state(inputs, seed):
    random = np.random.default_rng(seed)
    weights = [
        random.standard_normal((inputs, HIDDEN)) / np.sqrt(inputs),
        np.zeros(HIDDEN),
        random.standard_normal((HIDDEN, CLASSES)) / np.sqrt(HIDDEN),
        np.zeros(CLASSES),
    ]
    return 0, weights, [np.zeros_like(weight) for weight in weights]


def load_state(path, inputs, seed):
    if not path.exists():
        return new_state(inputs, seed)
    with np.load(path) as saved:
        arrays = [saved[f"arr_{i}"] for i in range(9)]
    return int(arrays[0]), arrays[1:5], arrays[5:]


def save_state(path, epoch, weights, velocities):
    # Whoever is killed while writing leaves the old file.
    unfinished = path.with_suffix(".new.npz")
    np.savez(unfinished, epoch, *weights, *velocities)
    os.replace(unfinished, path)


def predict(weights, images):
    w1, b1, w2, b2 = weights
    hidden = np.maximum(images @ w1 + b1, 0.0)
    logits = hidden @ w2 + b2
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True), hidden


def train_batch(options, rate, weights, velocities, images, targets):
    probabilities, hidden = predict(weights, images)
    w1, _, w2, _ = weights
    error = (probabilities - targets) / len(images)
    hidden_error = (error @ w2.T) * (hidden > 0)
    gradients = [
        images.T @ hidden_error + options.weight_decay * w1,
        hidden_error.sum(axis=0),
        hidden.T @ error + options.weight_decay * w2,
        error.sum(axis=0),
    ]
    for weight, velocity, gradient in zip(weights, velocities, gradients):
        velocity *= options.momentum
        velocity -= rate * gradient
        weight += velocity


def train(options, data, state):
    """Yields epoch, loss and accuracy; `state` is changed in place."""
    images, labels = data
    # A fixed split, whatever the seed: losses of different trials are about the same images.
    order = np.random.default_rng(0).permutation(len(images))
    own, others = order[:TRAINING_IMAGES], order[TRAINING_IMAGES:]
    targets = np.eye(CLASSES)[labels]
    epoch, weights, velocities = state
    for epoch in range(epoch + 1, epoch + 1 + options.epochs):
        random = np.random.default_rng([options.seed, epoch])
        rate = options.learning_rate * options.decay ** (epoch - 1)
        shuffled = random.permutation(own)
        for start in range(0, len(shuffled), BATCH):
            batch = shuffled[start : start + BATCH]
            noisy = images[batch] + options.noise * random.standard_normal((len(batch), 64))
            train_batch(options, rate, weights, velocities, noisy, targets[batch])
        probabilities, _ = predict(weights, images[others])
        truth = np.clip(probabilities[np.arange(len(others)), labels[others]], 1e-12, 1.0)
        accuracy = np.mean(probabilities.argmax(axis=1) == labels[others])
        yield epoch, -np.mean(np.log(truth)), accuracy


def main():
    options = parse_arguments()
    images, labels = load_digits()
    path = pathlib.Path(options.checkpoint) / "state.npz" if options.checkpoint else None
    state = (
        load_state(path, images.shape[1], options.seed)
        if path
        else new_state(images.shape[1], options.seed)
    )
    epoch = state[0]
    for epoch, loss, accuracy in train(options, (images, labels), state):
        print(f"epoch {epoch} loss={loss:.5f} accuracy={accuracy:.4f}", flush=True)
    if path:
        save_state(path, epoch, state[1], state[2])


if __name__ == "__main__":
    main()
