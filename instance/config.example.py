# Settings of this installation. Copy to config.py and uncomment what you change; a variable of the
# environment, or one in .env, comes before what stands here. `flask config` shows what is in force.

# DATABASE_URL = "postgresql://tickbox:password@localhost/tickbox"
# PUBLIC_URL = "https://todo.example.org"
# REGISTRATION = "closed"
