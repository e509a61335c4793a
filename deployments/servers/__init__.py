"""The embedded servers: started, supervised, and behind doors of ours."""
