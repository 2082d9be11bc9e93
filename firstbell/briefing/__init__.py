"""The briefing cycle: gather what is known, freeze the packet, write the letters, send them once."""
