"""The simulated random provider: nothing leaves this machine, the engine's state is all there is."""
