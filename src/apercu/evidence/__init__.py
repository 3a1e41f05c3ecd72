"""What is known about models and papers: cards, how each provided item fits a task, and what to recommend."""
