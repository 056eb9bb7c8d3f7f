//! A server that answers rightly, and then does something to the answer: cuts it, delays it, garbles it, drowns it.
//!
//! `PROFILE_CONTRACT_HOSTILE=1000000 cargo test --release --test hostile -- --nocapture` goes on until so many answers were
//! damaged, and says how much memory that took.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use profile_contract::check::{Amount, Check, Options};
use profile_contract::judge::Severity;
use profile_contract::model::Model;
use profile_contract::replay::{Endpoint, EndpointSettings, Target};
use profile_contract::wire::http1::{RequestFlaw, parse_request};
use profile_contract::wire::{Answer, Message, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How long an answer may take here.
const DEADLINE: Duration = Duration::from_millis(300);

/// What is done to an answer so that there is no complete one.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Nothing,
    CloseAtOnce,
    ResetAtOnce,
    CutHead,
    CutBody,
    ResetInBody,
    LongLength,
    Hang,
    HangInBody,
    Drip,
    EndlessHeaders,
    EndlessBody,
    EndlessChunks,
    BadChunks,
    Interim,
    NotHttp,
    Nul,
    TwoLengths,
    LongStatus,
    // From here on the answer is complete, and wrong.
    NotUtf8,
    ShortLength,
    DeepJson,
    HugeNumber,
    ManyValues,
    HugeString,
    Repeated,
}

const INCOMPLETE: [Damage; 18] = [
    Damage::CloseAtOnce,
    Damage::ResetAtOnce,
    Damage::CutHead,
    Damage::CutBody,
    Damage::ResetInBody,
    Damage::LongLength,
    Damage::Hang,
    Damage::HangInBody,
    Damage::Drip,
    Damage::EndlessHeaders,
    Damage::EndlessBody,
    Damage::EndlessChunks,
    Damage::BadChunks,
    Damage::Interim,
    Damage::NotHttp,
    Damage::Nul,
    Damage::TwoLengths,
    Damage::LongStatus,
];

const WRONG: [Damage; 7] = [
    Damage::NotUtf8,
    Damage::ShortLength,
    Damage::DeepJson,
    Damage::HugeNumber,
    Damage::ManyValues,
    Damage::HugeString,
    Damage::Repeated,
];

/// Which damage the next answer takes.
struct Dice {
    state: u64,
    kinds: Vec<Damage>,
}

impl Dice {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn damage(&mut self) -> Damage {
        let roll = self.next();
        if roll % 8 >= 3 {
            return Damage::Nothing;
        }
        let kind = self.kinds[(roll >> 8) as usize % self.kinds.len()];
        // What takes its time, or much memory, is rarer.
        let rare = match kind {
            Damage::Hang | Damage::HangInBody | Damage::Drip => 20,
            Damage::EndlessBody
            | Damage::EndlessChunks
            | Damage::HugeString
            | Damage::ManyValues => 50,
            _ => 1,
        };
        match (roll >> 32) % rare {
            0 => kind,
            _ => Damage::CloseAtOnce,
        }
    }
}

struct Hostile {
    dice: Mutex<Dice>,
    model: Mutex<Model>,
    damaged: AtomicU64,
}

impl Hostile {
    async fn serve(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let server = Arc::clone(&self);
            tokio::spawn(async move {
                // That the other side has had enough is what this is about.
                let _ = server.converse(stream).await;
            });
        }
    }

    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let mut bytes = Vec::new();
            let mut buffer = [0; 16 * 1024];
            let request = loop {
                let count = stream.read(&mut buffer).await?;
                bytes.extend_from_slice(&buffer[..count]);
                match parse_request(&bytes) {
                    Ok(request) => break request,
                    Err(RequestFlaw::Incomplete(_)) if count > 0 => {}
                    Err(_) => {
                        let refused = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                        return stream.write_all(refused.as_bytes()).await;
                    }
                }
            };
            let now_ms = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis() as i64;
            let response = self.model.lock().unwrap().respond(&request, now_ms);
            let (damage, at) = {
                let mut dice = self.dice.lock().unwrap();
                (dice.damage(), dice.next())
            };
            if !matches!(damage, Damage::Nothing) {
                self.damaged.fetch_add(1, Ordering::Relaxed);
            }
            answer(&mut stream, &response, damage, at as usize).await?;
            if !matches!(damage, Damage::Nothing) {
                return Ok(());
            }
        }
    }
}

/// Writes a response with that damage. Whatever is damaged is the last on its connection.
async fn answer(
    stream: &mut TcpStream,
    response: &Response,
    damage: Damage,
    at: usize,
) -> io::Result<()> {
    let body = &response.body[..];
    let head = |length: usize| {
        let mut head = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {length}\r\n",
            response.status
        );
        for (name, value) in response.headers.iter() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head
    };
    let whole = [format!("{}\r\n", head(body.len())).as_bytes(), body].concat();
    let chunked = format!(
        "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        response.status
    );
    let block = [b'a'; 64 * 1024];
    match damage {
        Damage::Nothing => return stream.write_all(&whole).await,
        Damage::CloseAtOnce => {}
        Damage::ResetAtOnce => stream.set_zero_linger()?,
        Damage::CutHead => stream.write_all(&whole[..at % 17]).await?,
        // Without a body there is always something left of the head to cut.
        Damage::CutBody => {
            stream
                .write_all(&whole[..whole.len() - 1 - at % (whole.len() / 2)])
                .await?
        }
        Damage::ResetInBody => {
            stream.write_all(&whole[..whole.len() - 1]).await?;
            stream.flush().await?;
            stream.set_zero_linger()?;
        }
        Damage::LongLength => {
            let long = format!("{}\r\n", head(body.len() + 1 + at % 1000));
            stream.write_all(&[long.as_bytes(), body].concat()).await?;
        }
        Damage::Hang => tokio::time::sleep(3 * DEADLINE).await,
        Damage::HangInBody => {
            stream.write_all(&whole[..whole.len() - 1]).await?;
            tokio::time::sleep(3 * DEADLINE).await;
        }
        Damage::Drip => {
            for byte in whole.iter().take(30) {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(DEADLINE / 10).await;
            }
        }
        Damage::EndlessHeaders => {
            stream.write_all(head(body.len()).as_bytes()).await?;
            for number in 0..100_000 {
                stream
                    .write_all(format!("x-{number}: {number}\r\n").as_bytes())
                    .await?;
            }
        }
        Damage::EndlessBody => {
            stream
                .write_all(format!("{}\r\n", head(1 << 40)).as_bytes())
                .await?;
            for _ in 0..100 * 16 {
                stream.write_all(&block).await?;
            }
        }
        Damage::EndlessChunks => {
            stream.write_all(chunked.as_bytes()).await?;
            for _ in 0..100 * 16 {
                stream
                    .write_all(format!("{:x}\r\n", block.len()).as_bytes())
                    .await?;
                stream.write_all(&block).await?;
                stream.write_all(b"\r\n").await?;
            }
        }
        Damage::BadChunks => {
            let chunks = [
                "zz\r\nabc\r\n",
                "fffffffffffffffff\r\nabc",
                "3\r\nabcdef\r\n0\r\n\r\n",
                "-1\r\n\r\n",
                "3;",
            ];
            stream
                .write_all(format!("{chunked}{}", chunks[at % chunks.len()]).as_bytes())
                .await?;
        }
        Damage::Interim => {
            for _ in 0..20_000 {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
        }
        Damage::NotHttp => stream.write_all(b"220 mail.example ESMTP\r\n").await?,
        Damage::Nul => stream.write_all(&[0; 1000]).await?,
        Damage::TwoLengths => {
            let two = format!(
                "{}content-length: {}\r\n\r\n",
                head(body.len()),
                body.len() + 1
            );
            stream.write_all(&[two.as_bytes(), body].concat()).await?;
        }
        Damage::LongStatus => {
            stream.write_all(b"HTTP/1.1 200 ").await?;
            for _ in 0..16 {
                stream.write_all(&block).await?;
            }
        }
        wrong => {
            let body = wrong_body(wrong, body);
            let length = match wrong {
                Damage::ShortLength => body.len() / 2,
                _ => body.len(),
            };
            stream
                .write_all(&[format!("{}\r\n", head(length)).as_bytes(), &body].concat())
                .await?;
        }
    }
    Ok(())
}

fn wrong_body(damage: Damage, body: &[u8]) -> Vec<u8> {
    match damage {
        Damage::NotUtf8 => [b"{\"Message\": \"\xff\xfe\"}", body].concat(),
        Damage::DeepJson => "[".repeat(1 << 20).into_bytes(),
        Damage::HugeNumber => format!(
            "{{\"CreatedAt\": 1e{}, \"ExpirationDays\": {}}}",
            "9".repeat(1000),
            "9".repeat(100_000)
        )
        .into_bytes(),
        Damage::ManyValues => format!("{{\"Items\": [{}1]}}", "1,".repeat(7 << 20)).into_bytes(),
        Damage::HugeString => format!("{{\"Message\": \"{}\"}}", "a".repeat(15 << 20)).into_bytes(),
        Damage::Repeated => {
            format!("{{{}\"a\": 1}}", "\"Items\": [], ".repeat(10_000)).into_bytes()
        }
        _ => body.to_vec(),
    }
}

/// Measures how long answers take to be given up.
struct Timed {
    inner: Endpoint,
    longest_ms: Arc<AtomicU64>,
}

impl Target for Timed {
    async fn send(&self, message: &Message, deadline: Duration) -> Answer {
        let began = Instant::now();
        let answer = self.inner.send(message, deadline).await;
        self.longest_ms
            .fetch_max(began.elapsed().as_millis() as u64, Ordering::Relaxed);
        answer
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

/// The most memory this process ever had, in MiB; nothing where the system does not say.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

/// Checks such a server until so many answers were damaged; returns the rules that were accused.
async fn hold(kinds: &[Damage], wanted: u64) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    let dice = Dice {
        state: 1,
        kinds: kinds.to_vec(),
    };
    let server = Arc::new(Hostile {
        dice: Mutex::new(dice),
        model: Mutex::new(Model::reference()),
        damaged: AtomicU64::new(0),
    });
    let serving = tokio::spawn(Arc::clone(&server).serve(listener));
    let longest_ms = Arc::new(AtomicU64::new(0));
    let mut accused = Vec::new();
    let (mut cases, mut requests) = (0, 0);
    let began = Instant::now();
    for seed in 1.. {
        let endpoint = Endpoint::new(&format!("http://{address}"), EndpointSettings::default())
            .expect("an endpoint");
        let target = Timed {
            inner: endpoint,
            longest_ms: Arc::clone(&longest_ms),
        };
        let mut options = Options {
            deadline: DEADLINE,
            settle: DEADLINE,
            seed,
            amount: Amount::Number(3000),
            // They mostly wait.
            jobs: if wanted > 10_000 { 96 } else { 8 },
            ..Options::default()
        };
        if seed > 1 {
            // The corpus was held against it; generated cases are new each time.
            options.only = vec!["capabilities".to_owned()];
        }
        let check = Check::new(target, options).expect("a check");
        let stopper = check.stopper();
        let watched = Arc::clone(&server);
        let check = check.watched(move || {
            if watched.damaged.load(Ordering::Relaxed) >= wanted {
                stopper.stop();
            }
        });
        let checked = check.run().await.expect("a report");
        cases += checked.report.cases.len();
        requests += checked.report.requests;
        for cause in &checked.report.causes {
            if cause.finding.severity == Severity::Violates {
                accused.push(format!("{}: {}", cause.finding.rule, cause.finding.answer));
            }
        }
        accused.extend(
            checked
                .report
                .contradictions
                .iter()
                .map(|one| format!("{one:?}")),
        );
        // A server that forgets nothing would be the one that needs the memory.
        *server.model.lock().unwrap() = Model::reference();
        if server.damaged.load(Ordering::Relaxed) >= wanted {
            break;
        }
    }
    serving.abort();
    let told = format!(
        "{} answers damaged of {requests} requests in {cases} cases, {:.0} s; the longest took {} ms at a limit of {} ms; at most {} MiB",
        server.damaged.load(Ordering::Relaxed),
        began.elapsed().as_secs_f64(),
        longest_ms.load(Ordering::Relaxed),
        DEADLINE.as_millis(),
        most_memory().unwrap_or_default(),
    );
    // Nobody reads it unless the test is run by hand.
    let _ = writeln!(io::stderr(), "{told}");
    accused
}

fn wanted() -> u64 {
    let asked = std::env::var("PROFILE_CONTRACT_HOSTILE").ok();
    asked.and_then(|number| number.parse().ok()).unwrap_or(400)
}

/// One test: the memory is that of the process.
#[test]
fn whatever_a_server_does_to_its_answers() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // An answer that never got complete accuses nobody.
    let accused = runtime.block_on(hold(&INCOMPLETE, wanted()));
    assert_eq!(accused, [""; 0]);
    // One that is complete and wrong is what it is; but nothing else is accused with it.
    let accused = runtime.block_on(hold(&WRONG, 50));
    for accusation in &accused {
        assert!(accusation.starts_with("proto."), "{accusation}");
    }
    if let Some(most) = most_memory() {
        assert!(most < 256, "{most} MiB");
    }
}
