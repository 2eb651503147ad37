//! Examples in the help of each command.

pub(super) const USHER: &str = "\
Examples:
  usher                           run everything on this machine, with a sample stream
  usher --media films --open      with your own films, and open the player in a browser
  usher explain --help            what a command takes, with examples";

pub(super) const SERVE: &str = "\
Examples:
  usher serve --media films --open
  usher serve --listen 9000 --website http://127.0.0.1:8000
  usher serve --listen 0.0.0.0:8080 --demo
  PLONE_SITE=http://127.0.0.1:8090/Plone usher serve --verbose";

pub(super) const SIGN: &str = "\
Examples:
  usher sign --url https://d111111abcdef8.cloudfront.net/video/m/s001.ts --key-pair-id K2JCJMDEHXQW5F \\
      --private-key private_key.pem --date-less-than 1h
  usher sign --url https://d111111abcdef8.cloudfront.net/video/m/s001.ts --key-pair-id K2JCJMDEHXQW5F \\
      --private-key private_key.pem --date-less-than 2027-01-01 --ip-address 192.0.2.0/24";

pub(super) const SIGN_COOKIES: &str = "\
Example:
  usher sign-cookies --resource 'https://d111111abcdef8.cloudfront.net/video/*' --key-pair-id K2JCJMDEHXQW5F \\
      --private-key private_key.pem --date-less-than 8h --output set-cookie";

pub(super) const EXPLAIN: &str = "\
Examples:
  usher explain --url 'https://…?Policy=…' --public-key K2JCJMDEHXQW5F=public_key.pem
  usher explain --url https://d111111abcdef8.cloudfront.net/video/m/s001.ts --cookie 'CloudFront-Policy=…; …' \\
      --public-key K2JCJMDEHXQW5F=public_key.pem --now 2h";

pub(super) const ENTITLE: &str = "\
Examples:
  usher entitle --token token.txt --entitlements '[\"/video/{tenant}/*\"]'
  usher entitle --token - --path /video/m/master.m3u8 <token.txt";

pub(super) const REWRITE: &str = "\
Example:
  usher rewrite --url https://d111111abcdef8.cloudfront.net/video/m/master.m3u8 --key-pair-id K2JCJMDEHXQW5F \\
      --private-key private_key.pem --date-less-than 8h <master.m3u8 >signed.m3u8";

pub(super) const KEYGEN: &str = "\
Example:
  usher keygen --out keys";

pub(super) const INIT: &str = "\
Examples:
  usher init
  usher init films --region eu-central-1 --set 'Plone={\"site\": \"https://www.example.com/Plone\"}' \\
      --set AllowedOrigins=https://www.example.com --set CookieSameSite=NonePartitioned";

pub(super) const DOCTOR: &str = "\
Examples:
  usher doctor
  usher doctor deploy/films.yaml";

pub(super) const CHECK: &str = "\
Examples:
  usher check http://127.0.0.1:8080
  usher check https://d111111abcdef8.cloudfront.net --playlist /video/my-film/master.m3u8 --bearer-file token.txt";

pub(super) const PACKAGE: &str = "\
Examples:
  usher package film.mp4 --media films
  usher package film.mp4 --media films --name my-film --download";

pub(super) const UPLOAD: &str = "\
Examples:
  usher upload film.mp4 s3://BUCKET_NAME/video/my-film --media films
  usher upload my-film s3://BUCKET_NAME/video/my-film --dry-run
  usher upload my-film s3://BUCKET_NAME/video/my-film";

pub(super) const COMPLETIONS: &str = "\
Examples:
  usher completions bash >~/.local/share/bash-completion/completions/usher
  usher completions zsh >~/.zfunc/_usher
  usher completions fish >~/.config/fish/completions/usher.fish";

pub(super) const MAN: &str = "\
Examples:
  usher man | man -l -
  usher man sign >usher-sign.1";
