"""Registration, and the account as its owner sees and changes it."""
