"""Configurations of AWS that cannot be used."""

MISTAKES = [
    ("projct = 'x'", r"unknown key projct\. Did you mean project\?"),
    ("project = 3", "project must be a string"),
    ("project = 'My-Project'", "project is 'My-Project', not a name of 2 to 20"),
    ("[stages.staging]\nregion = 'Tokyo'", "stages.staging.region is 'Tokyo', not a region's name"),
    ("[registry.images]\nrails = 3", "registry.images.rails must be a string"),
    ("architecture = 'arm'", "architecture is 'arm', not X86_64 or ARM64"),
    ("stages = 3", "stages must be a table"),
    ("stages.staging = 3", "stages.staging must be a table"),
    ("[stages.staging]\naccount = 111111111111", "stages.staging.account must be a string"),
    ("[stages.staging]\nrole_arn = 'runner'", "stages.staging.role_arn is 'runner', not a role's ARN, as in arn:aws"),
    ("[registry]\nrole_arn = 'arn:aws:iam::111111111111:user/x'", "registry.role_arn is 'arn:aws:iam::1"),
    ("[stages.staging]\naccount = '1'", "stages.staging.account is '1', not 12 digits"),
    ("[stages.staging]\nacount = '1'", r"unknown key stages.staging.acount\. Did you mean account\?"),
    ("[registry]\nprofil = 'x'", r"unknown key registry.profil\. Did you mean profile\?"),
    ("images = 3", r"images must be a table\. Write \[images.NAME\] sections"),
    ("images.rails = '../rails'", "images.rails must be a table"),
    ("[images.rails]\ncontxt = '..'", r"unknown key images.rails.contxt\. Did you mean context\?"),
    ("[images.rails]\ncontext = 3", "images.rails.context must be a string"),
    ("[images.rails]\ndockerfile = 'x'", r"images.rails.context is missing\. It is the folder"),
    ("[images.images]\nimages = 'x'", "unknown key images.images.images"),
]
"""What batchwright.toml may not say, and what is said of it. Its schema refuses each, too."""
