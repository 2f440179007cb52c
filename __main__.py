"""`python -m genai_audit` is `genai-audit`."""

from genai_audit.audit.cli import main

if __name__ == "__main__":
    main()
