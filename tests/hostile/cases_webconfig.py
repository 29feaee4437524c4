# SPDX-License-Identifier: MIT
"""x"""
from kit import Cases
CASES = Cases("Webconfig")
