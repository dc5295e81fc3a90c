"""What controllers keep beside Services and namespaces: endpoints, accounts, certificates."""
