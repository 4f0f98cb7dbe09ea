"""The manual: one page a subject, in folders by kind, as Markdown."""
