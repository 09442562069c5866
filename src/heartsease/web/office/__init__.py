"""The office's pages: teams, the audit log with its proof, the loop's figures."""
